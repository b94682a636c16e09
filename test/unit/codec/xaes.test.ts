import { randomBytes, webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { xaes } from '../../../src/codec/xaes.js'
import { accumulated } from './xaes-kit.js'

const text = (value: string) => Buffer.from(value)
const nonce = text('ABCDEFGHIJKLMNOPQRSTUVWX')

/** XAES-256-GCM by WebCrypto alone, written from the specification. */
async function byWebCrypto(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array) {
  const { subtle } = webcrypto
  const cbc = await subtle.importKey('raw', key, 'AES-CBC', false, ['encrypt'])
  // CBC with a zero IV encrypts its first block as it is.
  const block = async (bytes: Uint8Array) =>
    new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, cbc, bytes)).subarray(0, 16)
  const bits = [...(await block(new Uint8Array(16)))].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const shifted = BigInt(`0b${bits.slice(1)}0`) ^ (bits.startsWith('1') ? 0x87n : 0n)
  const k1 = Buffer.from(shifted.toString(16).padStart(32, '0'), 'hex')
  const half = (counter: number) => {
    const m = Buffer.concat([Buffer.from([0, counter, 0x58, 0]), nonce.subarray(0, 12)])
    return block(m.map((byte, i) => byte ^ (k1[i] as number)))
  }
  const derived = Buffer.concat([await half(1), await half(2)])
  const gcm = await subtle.importKey('raw', derived, 'AES-GCM', false, ['encrypt'])
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv: nonce.subarray(12), additionalData: aad }, gcm, plaintext)
  return Buffer.from(sealed)
}

describe('XAES-256-GCM', () => {
  it.each([
    { byte: 1, aad: '', sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271' },
    {
      byte: 3,
      aad: 'c2sp.org/XAES-256-GCM',
      sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
    },
  ])('gives the published vector of key $byte, and opens it', ({ byte, aad, sealed }) => {
    const cipher = xaes(Buffer.alloc(32, byte))
    expect(cipher.seal(nonce, text('XAES-256-GCM'), text(aad)).toString('hex')).toBe(sealed)
    expect(cipher.open(nonce, Buffer.from(sealed, 'hex'), text(aad)).toString()).toBe('XAES-256-GCM')
  })

  it('gives the published digest of 10,000 accumulated messages', () => {
    expect(accumulated(10_000)).toBe('e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939')
  })

  it('gives what WebCrypto gives, for keys, nonces and lengths at random', async () => {
    for (let i = 0; i < 40; i++) {
      const [key, nonce, plaintext, aad] = [randomBytes(32), randomBytes(24), randomBytes(i * 7), randomBytes(i)]
      expect(xaes(key).seal(nonce, plaintext, aad)).toEqual(await byWebCrypto(key, nonce, plaintext, aad))
    }
  })

  it('seals message after message under one key, each as if it were the first', () => {
    const key = randomBytes(32)
    const cipher = xaes(key)
    for (let i = 0; i < 20; i++) {
      const nonce = randomBytes(24)
      expect(cipher.seal(nonce, text('same'), text(''))).toEqual(xaes(key).seal(nonce, text('same'), text('')))
    }
  })

  it('opens nothing of which a bit was changed, and nothing that was cut', () => {
    const cipher = xaes(randomBytes(32))
    const sealed = cipher.seal(nonce, text('plain'), text('aad'))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => cipher.open(nonce, changed, text('aad'))).toThrow()
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => cipher.open(nonce, sealed.subarray(0, length), text('aad'))).toThrow()
    expect(() => cipher.open(nonce, sealed, text('add'))).toThrow()
    expect(() => cipher.open(nonce.subarray(1), sealed, text('aad'))).toThrow(RangeError)
  })
})
