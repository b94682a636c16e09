import { describe, expect, it } from 'vitest'
import { superjson } from '../../../src/codec/superjson.js'
import { MisdeployError } from '../../../src/core/errors.js'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'
import { sameValue } from '../../../src/testing/same-value.js'

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

const bombs = [
  {
    name: 'a typed array of a billion elements',
    bytes: text({ json: 1e9, meta: { values: [['typed-array', 'Uint8Array']], v: 1 } }),
  },
  { name: 'a BigInt of a million digits', bytes: text({ json: '9'.repeat(1e6), meta: { values: ['bigint'], v: 1 } }) },
  {
    name: 'a BigInt of a million digits in our form',
    bytes: text({ json: ['bigint', 'f'.repeat(1e6)], meta: { values: [['custom', 'z']], v: 1 } }),
  },
  {
    name: '100,000 references',
    bytes: text({
      json: { a: {} },
      meta: { referentialEqualities: { a: Array.from({ length: 1e5 }, (_, i) => `b${i}`) }, v: 1 },
    }),
  },
  {
    name: 'paths into a Set that already is one',
    bytes: text({
      json: { s: Array.from({ length: 50_000 }, (_, i) => i) },
      meta: {
        values: Object.fromEntries([['s', ['set']], ...Array.from({ length: 50_000 }, (_, i) => [`s.${i}`, ['Date']])]),
        v: 1,
      },
    }),
  },
  {
    name: 'an array index of a billion',
    bytes: text({ json: { a: [] }, meta: { values: { 'a.1000000000': ['undefined'] }, v: 1 } }),
  },
  {
    name: 'a path through __proto__',
    bytes: text({ json: {}, meta: { values: { '__proto__.polluted': ['undefined'] }, v: 1 } }),
  },
  {
    name: 'a million dots in a path',
    bytes: text({ json: {}, meta: { values: { ['.'.repeat(1e6)]: ['Date'] }, v: 1 } }),
  },
  { name: 'an own __proto__', bytes: new TextEncoder().encode('{"json":{"__proto__":{"polluted":1}}}') },
]

describe('superjson() keeps the laws of a codec (J8, M112)', () => {
  codecLaws(it, superjson(), {
    refuses: ['keys constructor and prototype'],
    bombs,
    context: { shape: {}, types: typeRegistry() },
  })
})

describe('superjson()', () => {
  const bound = superjson().bind({ shape: {} })

  it.each(bombs)('refuses $name', ({ bytes }) => {
    expect(() => bound.decode(bytes)).toThrow()
  })

  it('keeps the place of an object that a Set and a key share', () => {
    const shared = { n: 1 }
    const value = { first: shared, set: new Set([shared, { n: 2 }]) }
    expect(sameValue(bound.decode(bound.encode(value)), value)).toBe(true)
  })

  it('stays readable text', () => {
    expect(new TextDecoder().decode(bound.encode({ at: new Date(0) }))).toBe(
      '{"json":{"at":"1970-01-01T00:00:00.000Z"},"meta":{"values":{"at":["Date"]},"v":1}}',
    )
  })

  it('reads and writes the frozen form of a registered type (M041)', () => {
    class Money {
      constructor(readonly cents: number) {}
    }
    const types = typeRegistry().register('Money', Money, {
      encode: ({ cents }) => [cents, new Date(0)] as const,
      decode: ([cents]) => new Money(cents),
    })
    const withMoney = superjson().bind({ shape: {}, types })
    const frozen =
      '{"json":{"price":["type","Money",{"json":[50,"1970-01-01T00:00:00.000Z"],"meta":{"values":{"1":["Date"]},"v":1}}]},"meta":{"values":{"price":[["custom","z"]]},"v":1}}'
    expect(new TextDecoder().decode(withMoney.encode({ price: new Money(50) }))).toBe(frozen)
    expect(withMoney.decode(new TextEncoder().encode(frozen))).toEqual({ price: new Money(50) })
    expect(() => bound.decode(new TextEncoder().encode(frozen))).toThrow(MisdeployError)
  })
})
