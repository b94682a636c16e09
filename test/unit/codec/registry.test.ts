import { describe, expect, it } from 'vitest'
import { registerBuiltins } from '../../../src/codec/builtin-types.js'
import { registry } from '../../../src/codec/registry.js'
import { CodecError } from '../../../src/core/errors.js'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const bombs = [
  { name: 'a million nested arrays', bytes: new Uint8Array(1e6).fill(0x81) },
  {
    name: 'a million nested types',
    bytes: new Uint8Array(1e6).map((_, i) => [0xd9, 0x9e, 0x37, 0x82, 0x61, 0x61][i % 6] ?? 0),
  },
]

describe('registry() keeps the laws of a codec (J8, M041, M115)', () => {
  codecLaws(it, registry(), {
    refuses: [
      'lone surrogate',
      'date',
      'far dates',
      'invalid date',
      'map',
      'set',
      'map and set of rich values',
      'view into a buffer',
      'Uint8ClampedArray',
      'integer arrays',
      'BigInt arrays',
      'Float32Array',
      'Float64Array',
      'regexp',
      'url',
      'error',
      'error with cause',
      'error with undefined cause',
      'rich values inside objects',
    ],
    bombs,
    context: { shape: {}, types: typeRegistry() },
  })
})

describe('registry() keeps them with the built-in classes registered', () => {
  codecLaws(it, registry(), {
    refuses: ['lone surrogate'],
    bombs,
    context: { shape: {}, types: registerBuiltins(typeRegistry()) },
  })
})

describe('registry()', () => {
  const FROZEN = 'a4616e1b0000000000000005616281f7617541ff6164d99e37826444617465fb4278bcfe56fb0000'.replace(
    'fb4278bcfe56fb0000',
    '1903e8',
  )
  const own = registerBuiltins(typeRegistry(), { only: ['Date'] })
  const bound = registry(own).bind({ shape: { keys: { n: undefined } } })

  it('reads and writes a frozen record, whose keys are text', () => {
    const value = { n: 5n, b: [undefined], u: new Uint8Array([255]), d: new Date(1000) }
    expect(Buffer.from(bound.encode(value)).toString('hex')).toBe(FROZEN)
    expect(bound.decode(hex(FROZEN))).toEqual(value)
  })

  it('looks into its own types first, then into those of the definition', () => {
    const others = registerBuiltins(typeRegistry(), { only: ['URL'] })
    const both = registry(own).bind({ shape: {}, types: others })
    const value = { at: new Date(0), link: new URL('https://a.example/') }
    expect(both.decode(both.encode(value))).toEqual(value)
    expect(() => bound.encode(value)).toThrow(CodecError)
  })

  it('says of a built-in class what it says of any other', () => {
    expect(() =>
      registry()
        .bind({ shape: {} })
        .encode({ a: [new Date(0)] }),
    ).toThrow(
      "The codec `registry` cannot carry this: type not registered: Date at a[0]; call types.register('Date', Date, { encode, decode })",
    )
  })

  it.each([
    ['a date tag', 'a1 61 61 c1 00'],
    ['a Map tag', 'a1 61 61 d9 0103 a0'],
    ['a Set tag', 'a1 61 61 d9 0102 80'],
    ['a typed array tag', 'a1 61 61 d8 45 42 0201'],
    ['a key that is a hash', 'a1 01 02'],
    ['a type without a name', 'a1 61 61 d9 9e37 82 60 00'],
    ['a type of three parts', 'a1 61 61 d9 9e37 83 64 44617465 00 00'],
    ['a payload that its type does not take', 'a1 61 61 d9 9e37 82 64 44617465 60'],
  ])('refuses %s', (_, bytes) => {
    expect(() => bound.decode(hex(bytes))).toThrow()
  })
})
