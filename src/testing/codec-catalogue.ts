/** One value of every kind that a codec must carry exactly or refuse. */
export interface CatalogueEntry {
  readonly name: string
  readonly make: () => unknown
}

/** Values that a codec either carries type for type or refuses by name (`refuses` in `codecLaws`). */
export const catalogue: readonly CatalogueEntry[] = [
  entry('null', () => null),
  entry('booleans', () => [true, false]),
  entry('integers', () =>
    [0, 1, 23, 24, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].flatMap((n) => [n, -1 - n]),
  ),
  entry('fractions', () => [0.1, -0.5, 1e300, 5e-324, Number.MAX_VALUE]),
  entry('negative zero', () => -0),
  entry('NaN', () => Number.NaN),
  entry('infinities', () => [Infinity, -Infinity]),
  entry('strings', () => [
    '',
    'a',
    'ä€😀',
    '\u0000',
    '\ufeffbyte order mark',
    '\ufeff'.padEnd(70, 'x'),
    'x'.repeat(70_000),
    '\u2028',
    'é'.repeat(3000),
  ]),
  entry('lone surrogate', () => '\ud800'),
  entry('undefined', () => undefined),
  entry('bigint', () => [
    0n,
    5n,
    -5n,
    2n ** 63n,
    -(2n ** 63n),
    -(2n ** 63n) - 1n,
    2n ** 64n,
    -(2n ** 64n),
    -(2n ** 64n) - 1n,
    10n ** 400n,
    -(10n ** 400n),
  ]),
  entry('date', () => [new Date(0), new Date(1_700_000_000_123), new Date(-1), new Date(-62_135_596_800_001)]),
  entry('far dates', () => [8.64e15, -8.64e15, 8.64e15 - 1, 1e15 + 1, -1e15 - 3].map((time) => new Date(time))),
  entry('invalid date', () => new Date(Number.NaN)),
  entry(
    'map',
    () =>
      new Map<unknown, unknown>([
        ['b', 1],
        ['a', [2]],
        [1, 'n'],
        [null, { x: 1 }],
        [Number.NaN, 'nan'],
      ]),
  ),
  entry('set', () => new Set<unknown>(['b', 1, null, 'a', Number.NaN])),
  entry(
    'map and set of rich values',
    () => new Map([[new Date(5), new Set([1n, new Date(6), new URL('https://a.example/?q=1')])]]),
  ),
  entry('Uint8Array', () => new Uint8Array([0, 1, 255])),
  entry('empty Uint8Array', () => new Uint8Array(0)),
  entry('large Uint8Array', () => new Uint8Array(70_000).fill(7)),
  entry('view into a buffer', () => new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2)),
  entry('Uint8ClampedArray', () => new Uint8ClampedArray([0, 255])),
  entry('integer arrays', () => [
    new Int8Array([-1]),
    new Int16Array([-300]),
    new Uint16Array([65535]),
    new Int32Array([-1]),
    new Uint32Array([2 ** 32 - 1]),
  ]),
  entry('BigInt arrays', () => [new BigInt64Array([-1n]), new BigUint64Array([2n ** 64n - 1n])]),
  entry('Float32Array', () => new Float32Array([1.5, Number.NaN, -0, Infinity])),
  entry('Float64Array', () => new Float64Array([0.1, Number.NaN, -0, -Infinity])),
  entry('regexp', () => [/a/, /[/]\/x+"/gimsuy, new RegExp('')]),
  entry('url', () => new URL('https://user@example.com:8443/a%20b?x=1&y=ä#z')),
  entry('error', () => [
    new Error('boom'),
    new TypeError('t'),
    new RangeError(''),
    new SyntaxError(),
    new Error('ä "quoted"'),
  ]),
  entry(
    'error with cause',
    () => new Error('outer', { cause: new TypeError('inner', { cause: { at: new Date(3) } }) }),
  ),
  entry('error with undefined cause', () => new Error('outer', { cause: undefined })),
  entry('arrays', () => [[], [[]], [1, [2, [3]]], Array.from({ length: 300 }, (_, i) => i)]),
  entry('objects', () => ({
    a: {},
    b: { c: { d: [] } },
    'with space': 1,
    'dot.key': 2,
    'back\\slash': 3,
    '': 4,
    ä: 5,
    7: 'seven',
  })),
  entry('large object', () => Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))),
  entry('awkward keys', () => ({
    hasOwnProperty: 1,
    toString: 2,
    length: 3,
    toJSON: 4,
    then: 5,
    json: 6,
    meta: 7,
    get: 8,
    tag: 9,
  })),
  entry('keys constructor and prototype', () => ({ constructor: 1, prototype: 2 })),
  entry('shared reference', () => {
    const shared = { n: 1 }
    return { a: shared, b: [shared, shared] }
  }),
  entry('rich values inside objects', () => ({
    a: [{ when: new Date(1), big: 1n, gone: undefined, 'x.y': new Date(2) }],
  })),
  entry('nested 100 deep', () => nest(100)),
]

/** Values that no codec carries. `path` is where the value sits below the root. */
export const refused: readonly (CatalogueEntry & { readonly path?: string })[] = [
  entry('a function', () => () => 1),
  entry('a symbol', () => Symbol('s')),
  entry(
    'a class instance',
    () =>
      new (class Cart {
        items = []
      })(),
  ),
  entry('a subclass of Map', () => new (class Big extends Map {})()),
  entry('a subclass of Array', () => new (class List extends Array {})()),
  entry('a subclass of Error', () => new (class Oops extends Error {})('x')),
  entry('an AggregateError', () => new AggregateError([])),
  entry('an Error with a code', () => Object.assign(new Error('x'), { code: 'E' })),
  entry('a Date with properties', () => Object.assign(new Date(0), { zone: 'UTC' })),
  entry('an object that only inherits from Date', () => Object.create(Date.prototype) as unknown),
  entry('an object that only inherits from Map', () => Object.create(Map.prototype) as unknown),
  entry('an object that only inherits from Uint8Array', () => Object.create(Uint8Array.prototype) as unknown),
  { ...entry('a sparse array', () => [1, , 3]), path: '[1]' }, // oxlint-disable-line no-sparse-arrays
  entry('an array with a name', () => Object.assign([1], { total: 1 })),
  entry('an array with a symbol', () => Object.assign([1], { [Symbol('s')]: 1 })),
  entry('a symbol key', () => ({ [Symbol('s')]: 1 })),
  entry('a hidden key', () => Object.defineProperty({}, 'hidden', { value: 1 })),
  {
    ...entry('an accessor', () => ({
      get x() {
        return 1
      },
    })),
    path: '.x',
  },
  { ...entry('an own __proto__', () => JSON.parse('{"__proto__":{"polluted":1}}') as unknown), path: '.__proto__' },
  entry('an object without prototype', () => Object.create(null) as unknown),
  entry('a Buffer', () => Buffer.from([1])),
  entry('an ArrayBuffer', () => new ArrayBuffer(1)),
  entry('a DataView', () => new DataView(new ArrayBuffer(1))),
  entry('a boxed number', () => Object(1) as unknown),
  entry('a boxed string', () => Object('s') as unknown),
  entry('a boxed BigInt', () => Object(1n) as unknown),
  entry('a WeakMap', () => new WeakMap()),
  entry('a Promise', () => Promise.resolve(1)),
  { ...entry('a cycle', () => cycle()), path: '.self.list[0]' },
  { ...entry('a BigInt over 8 KiB', () => 1n << 65_536n) },
]

function entry(name: string, make: () => unknown): CatalogueEntry {
  return { name, make }
}

function nest(depth: number): unknown {
  let value: unknown = 'leaf'
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { v: value }
  return value
}

function cycle(): unknown {
  const list: unknown[] = []
  const self = { list }
  list.push(self)
  return { self }
}
