import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeGob, decodeGobStream, gobTime, gobTypes } from '../../../src/adopt/gob.js'
import { SessionError } from '../../../src/core/errors.js'
import samples from './gob-samples.json' with { type: 'json' }

const noon = new Date('2026-11-30T12:00:00.123Z')
const landing = new Date('1969-07-20T19:17:23.999Z')
const user = (Name: string, Age = 0, Tags: string[] = [], Admin = false) => ({ Name, Age, Tags, Admin })
const money = (bytes: unknown) => `money ${Buffer.from(bytes as Uint8Array).toString()}`
const bigInt = (bytes: unknown) => {
  const [sign = 0, ...digits] = bytes as Uint8Array
  return BigInt(`0x${Buffer.from(digits).toString('hex')}`) * (sign & 1 ? -1n : 1n)
}
const map = (...entries: [unknown, unknown][]) => new Map(entries)
const bytes = (...all: number[]) => Uint8Array.from(all)

function types() {
  const all = gobTypes().register('main.Money', money).register('Money', money).register('math/big.Int', bigInt)
  for (const name of ['User', 'Inner', 'Outer', 'Role', 'Tree', 'Flags']) all.register(`main.${name}`)
  return all
}

/** An unsigned integer as gob writes it. */
function uint(value: number): number[] {
  if (value < 128) return [value]
  const hex = value.toString(16)
  const digits = [...Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')]
  return [256 - digits.length, ...digits]
}
const int = (value: number) => uint(value < 0 ? -2 * value - 1 : 2 * value)
const message = (...content: number[]) => [...uint(content.length), ...content]

const listOfInts = message(...int(-65), 2, 1, 2, ...int(65), 0, 1, ...int(2), 0, 0)

/** Type 65 is a list of itself: `[[[[...` */
function nestedLists(depth: number): number[] {
  const list = message(...int(-65), 2, 1, 2, ...int(65), 0, 1, ...int(65), 0, 0)
  return [...list, ...message(...int(65), 0, ...Array.from({ length: depth }, () => 1), 0)]
}

/** A struct of one field, an array of 10^9 integers, that is not sent. */
function hugeArray(): number[] {
  const array = message(...int(-65), 1, 1, 2, ...int(65), 0, 1, ...int(2), 1, ...int(1e9), 0, 0)
  const struct = message(...int(-66), 3, 1, 2, ...int(66), 0, 1, 1, 1, 1, 65, 1, ...int(65), 0, 0, 0)
  return [...array, ...struct, ...message(...int(66), 0)]
}

/** Ten thousand structs of a thousand fields that are not sent. */
function manyFields(): number[] {
  const fields = Array.from({ length: 1000 }, () => [1, 1, 65, 1, ...int(2), 0]).flat()
  const struct = message(...int(-65), 3, 1, 2, ...int(65), 0, 1, ...uint(1000), ...fields, 0, 0)
  const list = message(...int(-66), 2, 1, 2, ...int(66), 0, 1, ...int(65), 0, 0)
  return [...struct, ...list, ...message(...int(66), 0, ...uint(10_000), ...Array.from({ length: 10_000 }, () => 0))]
}

/** What Go wrote under each name, as gob-samples/main.go says it. */
const expected: Record<string, unknown[]> = {
  true: [true],
  'int 0': [0],
  'int 63': [63],
  'int -1': [-1],
  'int -129': [-129],
  'int max': [2n ** 63n - 1n],
  'int min': [-(2n ** 63n)],
  'int 2^53': [2n ** 53n],
  'int -2^53+1': [-(2 ** 53) + 1],
  'uint max': [2n ** 64n - 1n],
  'uint 128': [128],
  'float 17': [17],
  'float -0.1': [-0.1],
  'float inf': [Number.NEGATIVE_INFINITY],
  complex: [{ re: 1.5, im: -2 }],
  string: ['grüße 🎉\0'],
  'empty string': [''],
  bytes: [bytes(0, 255, 128)],
  strings: [['a', '', 'c']],
  array: [[1, 0, 2.5]],
  'map of ints': [map([1, 'one'], [-2, 'minus two'])],
  'nested maps': [map(['a', map(['b', [1, 2]])])],
  struct: [user('Ann', 42, ['x'], true)],
  'struct of zeros': [user('')],
  all: [
    {
      Bool: true,
      I8: -8,
      I64: -(2 ** 40),
      U64: 2n ** 63n,
      F32: 1.5,
      F64: Math.PI,
      C: { re: 0, im: 1 },
      S: 's',
      Bytes: bytes(98),
      Arr: [1, 0, 3],
      Strs: ['q'],
      M: map(['one', 1]),
      In: { A: 1 },
      Ptr: { A: 2 },
      Any: 'any',
      T: noon,
      Big: bytes(3, 11, 58, 115, 206, 47, 242),
      PP: 7,
      Ints: [-1, 2],
      MM: map(['a', map([1, true])]),
    },
  ],
  'all zeros': [
    {
      Bool: false,
      I8: 0,
      I64: 0,
      U64: 0,
      F32: 0,
      F64: 0,
      C: { re: 0, im: 0 },
      S: '',
      Bytes: bytes(),
      Arr: [0, 0, 0],
      Strs: [],
      M: map(),
      In: { A: 0 },
      Ptr: null,
      Any: null,
      T: new Date(-62_135_596_800_000),
      Big: null,
      PP: 0,
      Ints: [],
      MM: map(),
    },
  ],
  embedded: [{ User: user('Bob'), Extra: 'more' }],
  'recursive list': [{ Value: 1, Next: { Value: 2, Next: { Value: 3, Next: null } } }],
  tree: [
    {
      Name: 'root',
      Kids: [
        { Name: 'a', Kids: [] },
        { Name: 'b', Kids: [{ Name: 'c', Kids: [] }] },
      ],
    },
  ],
  scs: [
    map(
      ['userId', 7],
      ['cart', ['a']],
      ['admin', true],
      ['at', noon],
      ['none', null],
      ['f', 1.5],
      ['n8', -3],
      ['bytes', bytes(120)],
    ),
  ],
  gorilla: [map(['user', user('Ann', 42)], [7, 'seven'], ['role', 'admin'], ['inner', { A: 5 }])],
  'interface in interface': [map(['k', { X: { A: 7 }, B: 9 }], ['l', { X: map(['deep', { X: 'r', B: 0 }]), B: 0 }])],
  'list of anything': [
    [1, 'two', 3, null, [true, map(['x', user('Y')])], { Name: 't', Kids: [] }, 'money 3', ['p', 'q'], [true, false]],
  ],
  users: [[user('A', 1), user(''), user('C', 3, ['z'], true)]],
  'interface of users': [map(['users', [user('A')]])],
  time: [noon],
  'zoned time': [landing],
  'zero time': [map(['t', new Date(-62_135_596_800_000)])],
  times: [[noon, landing]],
  money: ['money 1999'],
  'map of structs': [map(['a', { A: 1 }], ['b', { A: 0 }])],
  'several values': [1, 'two', user('three'), user('four'), map(['a', { A: 1 }])],
  nothing: [],
  'pointer to a time': [{ At: bytes(1, 0, 0, 0, 14, 226, 159, 92, 64, 7, 91, 205, 21, 255, 255) }],
  'money in a struct': [{ Price: 'money 5' }],
  proto: [map(['__proto__', 1])],
}

const streamOf = (name: string) => Buffer.from(samples.find((sample) => sample.name === name)?.bytes ?? '', 'base64')

/** The stream as Go wrote it, or a refusal that says so: never another error, never anything unbounded. */
function readOrRefused(stream: Uint8Array): void {
  try {
    decodeGobStream(stream, { types: types() })
  } catch (error) {
    // The readers above are the app's own: what they throw on bytes that are no number is theirs.
    if (!(error instanceof SyntaxError) && !(error instanceof SessionError)) throw error
  }
}

describe('decodeGob reads what Go writes', () => {
  it('all samples are expected, and all expected are samples', () => {
    expect(samples.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort())
  })
  it.each(samples)('$name', ({ name }) => {
    expect(decodeGobStream(streamOf(name), { types: types() })).toStrictEqual(expected[name])
  })

  it('one value is one value: a stream of none or of several is refused', () => {
    expect(() => decodeGob(streamOf('nothing'))).toThrow('holds 0 values where one was expected')
    expect(() => decodeGob(streamOf('several values'), { types: types() })).toThrow('holds 5 values')
  })

  it('a pointer to a type that writes itself has no name, and is its bytes', () => {
    const { At } = decodeGob(streamOf('pointer to a time')) as { At: Uint8Array }
    expect(gobTime(At)).toEqual(noon)
  })

  it('shares no memory with the stream', () => {
    const stream = streamOf('bytes')
    const read = decodeGob(stream) as Uint8Array
    stream.fill(7)
    expect(read).toEqual(bytes(0, 255, 128))
    expect(read.buffer.byteLength).toBe(3)
  })
})

describe('a named type that is not registered', () => {
  it.each([
    [
      'in an interface, by the name that gob.Register uses',
      'gorilla',
      /"(\*?main\.(User|Role|Inner))".*register\("\1", /,
    ],
    ['that writes itself, in a field, by its bare name', 'money in a struct', /"Money".*register\("Money", /],
  ])('is refused %s, with the call that adds it', (_, name, message) => {
    const refused = () => decodeGob(streamOf(name))
    expect(refused).toThrow(message)
    expect(refused).toThrow(expect.objectContaining({ code: 'ERR_SESSION_MISDEPLOY' }))
  })

  it('needs no registration where the stream says all about it', () => {
    expect(decodeGob(streamOf('tree'))).toEqual(expected['tree']?.[0])
    expect(decodeGob(streamOf('interface of users'))).toEqual(expected['interface of users']?.[0])
  })

  it('a name is registered once, and is a text', () => {
    expect(() => gobTypes().register('time.Time')).toThrow('the name "time.Time" is taken')
    expect(() => gobTypes().register('')).toThrow("such as 'main.User'")
  })
})

describe('hostile streams', () => {
  it.each(samples)('$name, cut short anywhere, is refused or is fewer values', ({ name }) => {
    const stream = streamOf(name)
    for (let length = 0; length < stream.length; length++) {
      const cut = stream.subarray(0, length)
      readOrRefused(cut)
      if (expected[name]?.length === 1 && length > 0) expect(() => decodeGob(cut, { types: types() })).toThrow()
    }
  })

  it('any change of bytes is refused or read', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples.map(({ name }) => streamOf(name)).filter(({ length }) => length > 0)),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'insert', 'delete')), {
          minLength: 1,
          maxLength: 6,
        }),
        (stream, changes) => {
          const changed = [...stream]
          for (const [place, value, how] of changes)
            changed.splice(place % stream.length, how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [value]))
          readOrRefused(Uint8Array.from(changed))
        },
      ),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3000) },
    )
  })

  it('any bytes are refused or read', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), readOrRefused), { numRuns: 3000 })
  })

  it.each([
    ['a count without elements', [...listOfInts, ...message(...int(65), 0, ...uint(2 ** 32 - 1))], /count is larger/],
    ['a list in itself without end', nestedLists(400), /nested more than 128 levels/],
    ['an array of a thousand million zeros', hugeArray(), /more values than/],
    ['a struct of many fields, many times', manyFields(), /more values than/],
    ['a type that was not declared', message(...int(65), 0), /not declared/],
    ['a type declared twice', [...listOfInts, ...listOfInts], /declares a type twice/],
    ['one of the basic types declared anew', message(...int(-2), 2, 1, 2, ...int(2), 0, 1, ...int(2), 0, 0), /twice/],
    ['a type of two kinds', message(...int(-65), 1, 1, 0, 0, 1, 1, 0, 0, 0), /no kind, or of several/],
    ['bytes after a value', message(...int(2), 0, 2, 2), /bytes follow/],
    ['a bool of 2', message(...int(1), 0, 2), /neither 0 nor 1/],
    ['a string that is no text', message(...int(6), 0, 2, 0xc3, 0x28), /not UTF-8/],
  ])('%s', (_, stream, message) => {
    const before = process.memoryUsage().heapUsed
    expect(() => decodeGob(Uint8Array.from(stream))).toThrow(message)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(256e6)
  })
})
