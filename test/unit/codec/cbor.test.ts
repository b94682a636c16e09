import { Decoder } from 'cbor-x'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cbor } from '../../../src/codec/cbor.js'
import { CodecError } from '../../../src/core/errors.js'
import { codecLaws } from '../../../src/testing/codec-laws.js'
import { anyValue } from '../../../src/testing/codec-values.js'

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const bigInt = (bytes: number) =>
  new Uint8Array(Buffer.concat([hex('c2 5a'), uint32(bytes), Buffer.alloc(bytes, 0xff)]))

function attempt(encode: () => Uint8Array): Uint8Array | undefined {
  try {
    return encode()
  } catch {
    return undefined
  }
}

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
  { name: 'an object key that is a number', bytes: hex('a1 01 02') },
  { name: 'trailing bytes', bytes: hex('01 01') },
  { name: 'nothing', bytes: hex('') },
]

describe('cbor() keeps the laws of a codec (J8, M041, M103, M112)', () => {
  codecLaws(it, cbor(), { refuses: ['lone surrogate'], bombs })
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

  it('writes plain values that any CBOR reader understands', () => {
    const value = { a: [1, -1, 1.5, 'ä', null, true], b: { c: new Date(1_700_000_000_000) }, d: new Map([[1, 2]]) }
    expect(new Decoder({ mapsAsObjects: true, useRecords: false }).decode(Buffer.from(bound.encode(value)))).toEqual(
      value,
    )
  })

  it('writes plain values as cbor-x does', () => {
    // A BigInt anywhere takes the value through cbor-x; its own bytes come last.
    fc.assert(
      fc.property(anyValue, (value) => {
        const plain = attempt(() => bound.encode({ value, last: 0 }))
        const viaCborX = attempt(() => bound.encode({ value, last: 0n }))
        expect(plain?.subarray(0, -1)).toEqual(viaCborX?.subarray(0, -9))
      }),
      { numRuns: 1000 },
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

const FROZEN = [
  'ab616e8400d99e3400fb3ff800000000000020617362c3a46175f76162c2490100000000000000006164c1fb41d954fc4007',
  'df3b616dd90103a1616bd9010281016172d81b836652656745787061616167616cd8207268747470733a2f2f612e6578616d',
  '706c652f6165d99e358269547970654572726f7261786179d8454202016169d99e36fb7ff8000000000000',
].join('')
