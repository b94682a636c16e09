import { describe, expect, it } from 'vitest'
import { registerBuiltins } from '../../../src/codec/builtin-types.js'
import { json } from '../../../src/codec/json.js'
import { MisdeployError } from '../../../src/core/errors.js'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'

const REFUSED = [
  'negative zero',
  'NaN',
  'infinities',
  'undefined',
  'bigint',
  'date',
  'far dates',
  'invalid date',
  'map',
  'set',
  'map and set of rich values',
  'Uint8Array',
  'empty Uint8Array',
  'large Uint8Array',
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
]

const text = (value: string) => new TextEncoder().encode(value)

describe('json() keeps the laws of a codec (J8, M112)', () => {
  codecLaws(it, json(), {
    refuses: REFUSED,
    context: { shape: {}, types: typeRegistry() },
    bombs: [
      { name: 'deep nesting', bytes: text('['.repeat(100_000)) },
      { name: 'an own __proto__', bytes: text('{"__proto__":{"polluted":1}}') },
      { name: 'an escaped __proto__', bytes: text('{"\\u005f_proto__":{"polluted":1}}') },
      { name: 'an otherwise escaped __proto__', bytes: text('{"__\\u0070roto__":{"polluted":1}}') },
    ],
  })
})

describe('json() keeps them with the built-in classes registered', () => {
  codecLaws(it, json(), {
    refuses: [
      'negative zero',
      'NaN',
      'infinities',
      'undefined',
      'bigint',
      'map',
      'set',
      'map and set of rich values',
      'error with undefined cause',
      'rich values inside objects',
    ],
    context: { shape: {}, types: registerBuiltins(typeRegistry()) },
  })
})

describe('json()', () => {
  const bound = json().bind({ shape: {} })

  it('refuses invalid UTF-8 instead of mending it', () => {
    expect(() => bound.decode(new Uint8Array([0x22, 0xff, 0x22]))).toThrow()
  })

  it('refuses an own `__proto__` on the way in, however it is spelt', () => {
    for (const key of ['__proto__', '\\u005F_proto__', '__\\u0070roto__']) {
      expect(() => bound.decode(text(`{"a":{"${key}":1}}`))).toThrow('__proto__')
    }
  })

  class Money {
    constructor(readonly cents: number) {}
  }
  const types = typeRegistry().register('Money', Money, {
    encode: ({ cents }) => cents,
    decode: (cents) => new Money(cents),
  })
  const withMoney = json().bind({ shape: {}, types })

  it('reads and writes the frozen forms of a registered type and of a `$type` of the user (M041)', () => {
    const value = { price: new Money(50), step: { $type: 'Money', value: new Money(1) } }
    const frozen =
      '{"price":{"$type":"Money","value":50},"step":{"$type":"","value":{"$type":"Money","value":{"$type":"Money","value":1}}}}'
    expect(new TextDecoder().decode(withMoney.encode(value))).toBe(frozen)
    expect(withMoney.decode(text(frozen))).toEqual(value)
    expect(() => bound.decode(text(frozen))).toThrow(MisdeployError)
  })

  it('leaves objects with `$type` that are no form as they are: records written before there was one', () => {
    for (const old of [
      '{"$type":"circle","r":1}',
      '{"$type":1,"value":2}',
      '{"$type":"two words","value":2}',
      '{"$type":"Money"}',
    ]) {
      expect(withMoney.decode(text(`{"a":[${old}]}`))).toEqual({ a: [JSON.parse(old)] })
    }
  })

  it('finds the key however it is spelt', () => {
    expect(withMoney.decode(text('{"a":{"\\u0024type":"Money","value":50}}'))).toEqual({ a: new Money(50) })
  })

  it('reads what nests as deep as it writes', () => {
    let value: Record<string, unknown> = { $type: 'x' }
    for (let i = 0; i < 120; i++) value = { $type: value }
    expect(withMoney.decode(withMoney.encode(value))).toEqual(value)
    expect(() => withMoney.decode(text('{"$type":'.repeat(300) + '1' + '}'.repeat(300)))).toThrow('too deeply')
  })
})
