import assert from 'node:assert/strict'
import type { BoundCodec, Codec, CodecContext } from '../codec/port.js'
import { CodecError } from '../core/errors.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { catalogue, refused } from './codec-catalogue.js'
import { type CodecExemption, exempting, type It } from './codec-exemptions.js'
import { customTypeLaws } from './codec-type-laws.js'
import { anyValue } from './codec-values.js'
import { fc } from './fast-check.js'
import { sameValue } from './same-value.js'

/** Options of `codecLaws`. */
export interface CodecLawsOptions {
  /** Names of `catalogue` entries that this codec refuses instead of carrying. @default [] */
  readonly refuses?: readonly string[]
  /** Hostile input that must be answered within a second: pinned bombs of this codec's format. @default [] */
  readonly bombs?: readonly {
    /** For the name of the test. */
    readonly name: string
    /** The input. */
    readonly bytes: Uint8Array
  }[]
  /**
   * What `bind` is called with. With `types` (an empty `typeRegistry()` will do) the laws of custom types are run too, and
   * instances of the classes in it count as carried, also the built-in ones.
   * @default { shape: {} }
   */
  readonly context?: CodecContext
  /** Runs of each random law. @default 200 */
  readonly runs?: number
  /**
   * Laws that this codec does not keep, by the names that the tests have, and why: what it loses in silence, or does with damaged
   * bytes. A law that is exempted must fail; one of random values is left out. @default []
   */
  readonly exempt?: readonly CodecExemption[]
}

/** Milliseconds for one hostile input. Generous: the bombs it is for take from seconds to hours. */
const BOMB_LIMIT = 1000

/**
 * The laws of a codec: it carries a value exactly or refuses it with the path, and damaged bytes do no harm.
 * ```ts
 * describe('my codec', () => codecLaws(it, myCodec(), { refuses: ['regexp'] }))
 * ```
 */
export function codecLaws(register: It, codec: Codec, options: CodecLawsOptions = {}): void {
  const { refuses = [], bombs = [], context = { shape: {} }, runs = 200, exempt = [] } = options
  const { it, random, assertAllUsed } = exempting(register, exempt)
  const bound = codec.bind(context)
  const harm = { bound, types: context.types }

  it('its name may stand in a record', () => assert.match(codec.name, /^[a-z0-9-]{1,32}$/))
  it('every name in `refuses` is in the catalogue', () => {
    for (const name of refuses)
      assert.ok(
        catalogue.some((entry) => entry.name === name),
        name,
      )
  })
  for (const { name, make } of catalogue) {
    if (refuses.includes(name)) it(`refuses ${name} and says where`, () => assertRefused(bound, make))
    else it(`carries ${name} type for type, and does not change it`, () => assertCarried(bound, make))
  }
  for (const { name, make, path } of refused) {
    const value = make()
    if (typeof value === 'object' && value !== null && context.types?.of(value) !== undefined) continue
    it(`refuses ${name} and says where`, () => assertRefused(bound, make, path))
  }
  if (context.types !== undefined) customTypeLaws(it, codec, context)
  it('names the first lost value by its path', () => {
    const lost = () => 1
    assert.equal(
      pathOf(() => bound.encode({ cart: [{ price: lost }] })),
      'cart[0].price',
    )
    assert.equal(
      pathOf(() => bound.encode({ 'two words': { [Symbol.iterator.description ?? 'x']: lost } })),
      '["two words"]["Symbol.iterator"]',
    )
  })
  random('carries or refuses any value', () => {
    fc.assert(
      fc.property(anyValue(), (value) => carriesOrRefuses(bound, value)),
      { numRuns: runs },
    )
  })
  random('encodes a value to the same bytes every time', () => {
    fc.assert(
      fc.property(anyValue(), (value) => {
        const first = tryEncode(bound, { value })
        assert.deepEqual(first, tryEncode(bound, { value }))
      }),
      { numRuns: runs },
    )
  })
  it('gives bytes that nothing else writes to', () => assertPrivateBytes(bound))
  if (!refuses.includes('Uint8Array'))
    it('gives values that share no memory with the bytes', () =>
      assertNoAliasing(bound, !refuses.includes('Float64Array')))
  random('does no harm with damaged bytes', () => {
    fc.assert(
      fc.property(
        anyValue(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (value, flips, cut) => {
          const bytes = tryEncode(bound, { value })
          if (bytes === undefined) return
          const damaged = bytes.slice()
          for (const [at, byte] of flips) damaged[at % damaged.length] = byte
          for (const input of [damaged, bytes.subarray(0, cut % bytes.length)]) assertHarmless(harm, input)
        },
      ),
      { numRuns: runs },
    )
  })
  random('does no harm with random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => assertHarmless(harm, bytes)),
      { numRuns: runs },
    )
  })
  it('works on after it threw', () => {
    assert.throws(() => bound.decode(new Uint8Array([0xff, 0x00])))
    assert.throws(() => bound.encode({ a: [1, () => 1] }))
    assertCarried(bound, () => ({ still: ['works'] }))
  })
  for (const { name, bytes } of bombs) it(`answers ${name} in bounded time`, () => assertHarmless(harm, bytes))
  assertAllUsed()
}

function assertCarried(bound: BoundCodec, make: () => unknown): void {
  const value = make()
  const decoded = bound.decode(bound.encode({ value }))
  assert.ok(sameValue(decoded, { value: make() }), 'the value came back changed')
  assert.ok(sameValue(value, make()), 'encode changed the value')
}

function assertRefused(bound: BoundCodec, make: () => unknown, below = ''): void {
  const path = pathOf(() => bound.encode({ a: [0, { 'b-c': make() }] }))
  const base = 'a[1]["b-c"]'
  // A catalogue entry may hold the lost value deeper down, so its path only has to start right.
  assert.ok(below === '' ? path.startsWith(base) : path === base + below, `the path is ${path}`)
}

function pathOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof CodecError, `expected a CodecError, got ${String(error)}`)
    assert.ok(error.path === '' || error.message.includes(error.path), 'the message names the path')
    return error.path
  }
  return assert.fail('expected a CodecError')
}

function carriesOrRefuses(bound: BoundCodec, value: unknown): void {
  const bytes = tryEncode(bound, { value })
  if (bytes !== undefined) assert.ok(sameValue(bound.decode(bytes), { value }), 'the value came back changed')
}

function tryEncode(bound: BoundCodec, value: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  try {
    return bound.encode(value)
  } catch (error) {
    assert.ok(error instanceof CodecError, `expected a CodecError, got ${String(error)}`)
    return undefined
  }
}

function assertPrivateBytes(bound: BoundCodec): void {
  const first = bound.encode({ a: 'first' })
  const copy = first.slice()
  assert.equal(Object.getPrototypeOf(first), Uint8Array.prototype)
  assert.equal(first.buffer.byteLength, first.byteLength, 'the bytes are a slice of a pool')
  for (let i = 0; i < 50; i++) bound.encode({ a: 'other'.repeat(i) })
  assert.deepEqual(first, copy)
}

function assertNoAliasing(bound: BoundCodec, wide: boolean): void {
  const make = () => ({ bytes: new Uint8Array([1, 2, 3]), wide: wide ? new Float64Array([1]) : null })
  const value = make()
  const bytes = bound.encode(value)
  value.bytes.fill(9)
  const input = Buffer.from(bytes)
  const decoded = bound.decode(input)
  input.fill(0)
  assert.deepEqual(
    Reflect.ownKeys(input).filter((key) => typeof key === 'symbol' || !/^\d+$/.test(key)),
    [],
  )
  assert.ok(sameValue(decoded, make()))
}

interface Harm {
  readonly bound: BoundCodec
  readonly types: TypeRegistry | undefined
}

/** Throwing anything is fine; otherwise the value is one of the catalogue's kinds. Nothing global may change, nor time run away. */
function assertHarmless({ bound, types }: Harm, bytes: Uint8Array): void {
  const start = performance.now()
  let decoded: unknown
  try {
    decoded = bound.decode(bytes)
  } catch {
    decoded = undefined
  }
  assert.ok(performance.now() - start < BOMB_LIMIT, 'decode took too long')
  assertKnownKinds(decoded, types)
  assert.deepEqual(Reflect.ownKeys(Object.prototype).length, objectPrototypeKeys)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
}

const objectPrototypeKeys = Reflect.ownKeys(Object.prototype).length
const kinds = new Set<object>(
  [
    Object,
    Array,
    Date,
    Map,
    Set,
    RegExp,
    URL,
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    Uint8Array,
    Uint8ClampedArray,
    Uint16Array,
    Uint32Array,
    BigUint64Array,
    Int8Array,
    Int16Array,
    Int32Array,
    BigInt64Array,
    Float32Array,
    Float64Array,
  ].map((type) => type.prototype as object),
)

function assertKnownKinds(value: unknown, types: TypeRegistry | undefined): void {
  if (typeof value === 'function' || typeof value === 'symbol') assert.fail(`decode returned a ${typeof value}`)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  if (types?.of(value) !== undefined && !(value instanceof Map || value instanceof Set)) return
  assert.ok(kinds.has(Object.getPrototypeOf(value) as object), 'decode returned something that no codec carries')
  assert.ok(!Object.hasOwn(value, '__proto__'), 'decode returned an own `__proto__`')
  const inside =
    value instanceof Map
      ? [...value.keys(), ...value.values()]
      : value instanceof Set
        ? [...value]
        : Object.values(value)
  for (const child of inside) assertKnownKinds(child, types)
}
