import { Decoder } from 'cbor-x'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cbor } from '../../../src/codec/cbor.js'
import { CodecError, MisdeployError } from '../../../src/core/errors.js'
import type { KeyShape } from '../../../src/core/key-shape.js'
import { typeRegistry } from '../../../src/core/type-registry.js'
import { catalogue } from '../../../src/testing/codec-catalogue.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'
import { sameValue } from '../../../src/testing/same-value.js'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const bigInt = (bytes: number) =>
  new Uint8Array(Buffer.concat([hex('c2 5a'), uint32(bytes), Buffer.alloc(bytes, 0xff)]))

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const bombs = [
  { name: 'a BigInt of a megabyte', bytes: bigInt(1 << 20) },
  { name: 'a value that contains itself (tags 28 and 29)', bytes: hex('d81c 81 d81d 00') },
  { name: 'an array of four billion items', bytes: hex('9a ffffffff 00') },
  { name: 'an object of four billion keys', bytes: hex('ba ffffffff 60 00') },
  { name: 'a text of four gigabytes', bytes: hex('7a ffffffff 61') },
  { name: 'a million nested arrays', bytes: new Uint8Array(1e6).fill(0x81) },
  { name: 'a million nested tags', bytes: new Uint8Array(1e6).fill(0xc1) },
  {
    name: 'nested headers that each claim the rest',
    bytes: new Uint8Array(9e5).map((_, i) => [0x9a, 0, 1, 0, 0][i % 5] as number),
  },
  { name: 'an own __proto__', bytes: hex('a1 69 5f5f70726f746f5f5f a1 68 706f6c6c75746564 01') },
  { name: 'an indefinite map', bytes: hex('bf 61 61 01 ff') },
  { name: 'a lone break', bytes: hex('ff') },
  { name: 'an unknown tag', bytes: hex('d9 9e99 00') },
  { name: 'a record of shared structures', bytes: hex('d9 dfff 83 19 e000 81 6161 01') },
  { name: 'packed values', bytes: hex('d833 84 81 6161 80 80 e0') },
  { name: 'invalid UTF-8', bytes: hex('61 ff') },
  { name: 'an invalid pattern', bytes: hex('d81b 83 66 526567457870 61 28 60') },
  { name: 'an unknown class', bytes: hex('d81b 82 64 45766974 60') },
  { name: 'an object key that is a negative number', bytes: hex('a1 20 02') },
  { name: 'an object key over 16 bits', bytes: hex('a1 1a 00010000 02') },
  { name: 'an object key of 64 bits', bytes: hex('a1 1b 0000000000000001 02') },
  { name: 'the same key twice', bytes: hex('a2 6161 01 6161 02') },
  { name: 'the same hash twice', bytes: hex('a2 01 01 01 02') },
  { name: 'the same hash twice, once in a longer form', bytes: hex('a2 01 01 1801 02') },
  { name: 'trailing bytes', bytes: hex('01 01') },
  { name: 'nothing', bytes: hex('') },
]

describe('cbor() keeps the laws of a codec (J8, M041, M103, M112)', () => {
  codecLaws(it, cbor(), { refuses: ['lone surrogate'], bombs, context: { shape: {}, types: typeRegistry() } })
})

describe('cbor() keeps them with the key names of a schema', () => {
  // The laws put their values under these keys, so that known and unknown ones meet.
  const inner: KeyShape = { keys: { 'b-c': undefined, price: undefined, x: undefined } }
  const shape: KeyShape = { keys: { value: { ...inner, items: inner }, a: { items: inner }, cart: { items: inner } } }
  codecLaws(it, cbor(), { refuses: ['lone surrogate'], bombs, context: { shape, types: typeRegistry() } })
})

describe('cbor()', () => {
  const bound = cbor().bind({ shape: {} })

  it.each(bombs)('refuses $name', ({ bytes }) => {
    expect(() => bound.decode(bytes)).toThrow()
  })

  it('bounds its depth instead of its stack', () => {
    expect(() => bound.decode(new Uint8Array([...new Uint8Array(400).fill(0x81), 0x01]))).toThrow('too deeply')
  })

  it('says what is wrong, where, and what to do', () => {
    const encode = () => bound.encode({ cart: [{ price: Buffer.from('1') }] })
    expect(encode).toThrow(CodecError)
    expect(encode).toThrow('The codec `cbor` cannot carry a Buffer at `cart[0].price`; store new Uint8Array(buffer).')
  })

  it('names Map entries by position, because their keys are data', () => {
    const encode = () =>
      bound.encode({
        seen: new Map([
          ['ada@example.com', 1],
          ['eve@example.com', Symbol.iterator],
        ] as never),
      })
    expect(encode).toThrow(expect.objectContaining({ path: 'seen<value 1>' }))
    expect(encode).not.toThrow('example.com')
  })

  it('writes CBOR: cbor-x reads every value of the kinds it knows', () => {
    const decoder = () => new Decoder({ mapsAsObjects: true, useRecords: false })
    const read = (value: unknown) => decoder().decode(bound.encode({ value })) as { value: unknown }
    // Tags of our own, a URL, which it gives as text, and 7 as a key, which it leaves as it is.
    const ours = /zero|surrogate|invalid|far|url|error|rich|Float(32|64)Array/
    const known = catalogue.filter(({ name }) => !ours.test(name))
    expect(known.length).toBeGreaterThan(25)
    for (const { name, make } of known) expect(read(make()).value, name).toEqual(make())
    fc.assert(
      fc.property(knownToCborX, (value) => {
        expect(sameValue(read(value).value, value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('reads a frozen record, for ever', () => {
    const frozen = hex(FROZEN)
    const value = {
      n: [0, -0, 1.5, -1],
      s: 'ä',
      u: undefined,
      b: 18446744073709551616n,
      d: new Date(1_700_000_000_123),
      m: new Map([['k', new Set([1])]]),
      r: /a/g,
      l: new URL('https://a.example/'),
      e: new TypeError('x'),
      y: new Uint16Array([258]),
      i: new Date(Number.NaN),
    }
    expect(Buffer.from(bound.encode(value)).toString('hex')).toBe(FROZEN)
    expect(bound.decode(frozen)).toEqual(value)
  })

  it('keeps the exact millisecond of every date', () => {
    for (let i = 0; i < 20_000; i++) {
      const at = new Date(Math.trunc((Math.random() * 2 - 1) * 8.64e15 * 10 ** -(i % 8)))
      expect((bound.decode(bound.encode({ at })) as { at: Date }).at.getTime()).toBe(at.getTime())
    }
  })
})

describe('cbor() with the classes of an app', () => {
  class Money {
    constructor(
      readonly cents: number,
      readonly currency: string,
    ) {}
  }
  const types = typeRegistry().register('Money', Money, {
    encode: ({ cents, currency }) => [cents, currency] as const,
    decode: ([cents, currency]) => new Money(cents, currency),
  })
  const bound = cbor().bind({ shape: {}, types })
  const FROZEN_TYPE = 'a1657072696365d99e3782654d6f6e657982183263455552'

  it('reads and writes the frozen form of a registered type (M041)', () => {
    expect(Buffer.from(bound.encode({ price: new Money(50, 'EUR') })).toString('hex')).toBe(FROZEN_TYPE)
    expect(bound.decode(hex(FROZEN_TYPE))).toEqual({ price: new Money(50, 'EUR') })
  })

  it('lets a registration win over what it carries itself', () => {
    const dates = typeRegistry().register('Day', Date, {
      encode: (date) => date.toISOString().slice(0, 10),
      decode: (day) => new Date(day),
    })
    const withDays = cbor().bind({ shape: {}, types: dates })
    expect(withDays.decode(withDays.encode({ at: new Date('2025-06-15T12:00:00Z') }))).toEqual({
      at: new Date('2025-06-15'),
    })
  })

  it('takes damage after an unknown type for damage, not for a misdeploy', () => {
    const bare = cbor().bind({ shape: {} })
    expect(() => bare.decode(hex(FROZEN_TYPE))).toThrow(MisdeployError)
    expect(() => bare.decode(hex(FROZEN_TYPE).subarray(0, -1))).not.toThrow(MisdeployError)
    expect(() => bare.decode(hex(`${FROZEN_TYPE}00`))).not.toThrow(MisdeployError)
    expect(() => bare.decode(hex('d99e37 82 61 20 00'))).not.toThrow(MisdeployError)
  })

  it('goes on by its own rules after an encode and a decode that used another codec', () => {
    class Packed {
      constructor(readonly inside: unknown) {}
    }
    const other = cbor().bind({ shape: { keys: { x: undefined } } })
    const both = typeRegistry()
      .register('Money', Money, { encode: ({ cents }) => cents, decode: (cents) => new Money(cents, 'EUR') })
      .register('Packed', Packed, {
        encode: ({ inside }) => other.encode({ x: inside }),
        decode: (bytes) => new Packed((other.decode(bytes) as { x: unknown }).x),
      })
    const codec = cbor().bind({ shape: { keys: { a: undefined } }, types: both })
    const value = { a: new Packed([1]), price: new Money(1, 'EUR') }
    expect(codec.decode(codec.encode(value))).toEqual(value)
  })

  it('writes nothing wrong when an encode changes the Map or Set around it', () => {
    class Meddler {
      constructor(readonly meddle: () => void) {}
    }
    const meddling = typeRegistry().register('Meddler', Meddler, {
      encode: (meddler) => meddler.meddle(),
      decode: () => new Meddler(() => {}),
    })
    const codec = cbor().bind({ shape: {}, types: meddling })
    const grown = new Map<unknown, unknown>()
    let added = 0
    grown.set('m', new Meddler(() => grown.set(added++, 1)))
    const shrunk = new Set<unknown>()
    shrunk.add(new Meddler(() => shrunk.delete('x'))).add('x')
    expect(() => codec.encode({ grown })).toThrow(CodecError)
    expect(() => codec.encode({ shrunk })).toThrow(CodecError)
  })
})

const knownToCborX: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, undefined, true, false, Infinity, -Infinity),
    fc.integer(),
    fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.bigInt().filter((big) => BigInt.asIntN(64, big) !== big),
    // Whole seconds: of others cbor-x drops a fraction of a millisecond too much.
    fc.integer().map((seconds) => new Date(seconds * 1000)),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
  ),
})).value

const FROZEN = [
  'ab616e8400d99e3400fb3ff800000000000020617362c3a46175f76162c2490100000000000000006164c1fb41d954fc4007',
  'df3b616dd90103a1616bd9010281016172d81b836652656745787061616167616cd8207268747470733a2f2f612e6578616d',
  '706c652f6165d99e358269547970654572726f7261786179d8454202016169d99e36fb7ff8000000000000',
].join('')
