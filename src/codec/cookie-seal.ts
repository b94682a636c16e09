import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DerivedKey, Keyring } from '../core/keyring.js'
import { fillRandom } from '../core/random.js'
import { XAES_NONCE, XAES_TAG, type Xaes, xaes } from './xaes.js'

/** Bytes that a client keeps, as text for a cookie. What it does not open was changed, or made for something else. */
export interface CookieSeal {
  seal(bytes: Uint8Array): string
  open(text: string): Unsealed | undefined
  /** How long the text for this many bytes is. */
  lengthOf(bytes: number): number
}

export interface Unsealed {
  readonly bytes: Uint8Array
  /** Whether the first secret has sealed it. An older one has to be replaced before it is taken away. */
  readonly isNewest: boolean
}

/** What a text is bound to: another definition, and another cookie, cannot open it. */
export interface SealPlace {
  readonly definition: string
  /** With prefix, as the browser has it. */
  readonly cookie: string
}

/**
 * - `encrypted`: format byte 1, four bytes of key id, nonce (24), ciphertext and tag (16) of XAES-256-GCM
 * - `signed`: format byte 2, four bytes of key id, the bytes as they are, HMAC-SHA256 (32)
 *
 * Format, definition and cookie are authenticated along. The two formats have keys of their own, so neither passes for the other.
 */
export type SealMode = 'encrypted' | 'signed'

const KEY_ID = 4
const HEAD = 1 + KEY_ID
const MAC = 32
const FORMAT = { encrypted: 1, signed: 2 } as const
const OVERHEAD = { encrypted: HEAD + XAES_NONCE + XAES_TAG, signed: HEAD + MAC } as const
const BASE64URL = /^[A-Za-z0-9_-]+$/

export function cookieSeal(keyring: () => Keyring, place: SealPlace, mode: SealMode): CookieSeal {
  const format = FORMAT[mode]
  const overhead = OVERHEAD[mode]
  const aad = boundTo(format, place)
  let made: readonly Sealer[] | undefined
  const sealers = () =>
    (made ??= keyring()
      .derive(`cookie ${mode}`)
      .map((key) => SEALERS[mode](key, aad)))

  return {
    lengthOf: (bytes) => Math.ceil(((bytes + overhead) * 4) / 3),
    seal(bytes) {
      const [newest] = sealers() as [Sealer]
      const out = Buffer.allocUnsafe(overhead + bytes.length)
      out[0] = format
      out.set(newest.id, 1)
      newest.seal(bytes, out)
      return out.toString('base64url')
    },
    open(text) {
      if (!BASE64URL.test(text)) return undefined
      const sealed = Buffer.from(text, 'base64url')
      if (sealed.length < overhead || sealed[0] !== format) return undefined
      // One text for one content: the last character may hold bits that decode to nothing.
      if (sealed.toString('base64url') !== text) return undefined
      const at = sealers().findIndex(({ id }) => id.every((byte, i) => byte === sealed[1 + i]))
      const bytes = sealers()[at]?.open(sealed)
      return bytes && { bytes, isNewest: at === 0 }
    },
  }
}

interface Sealer {
  readonly id: Uint8Array
  /** Fills what follows the head. */
  seal(bytes: Uint8Array, out: Buffer): void
  open(sealed: Buffer): Uint8Array | undefined
}

const SEALERS: Readonly<Record<SealMode, (key: DerivedKey, aad: Buffer) => Sealer>> = { encrypted, signed }

function encrypted({ id, key }: DerivedKey, aad: Buffer): Sealer {
  let cipher: Xaes | undefined
  const body = HEAD + XAES_NONCE
  return {
    id,
    seal(bytes, out) {
      cipher ??= xaes(key)
      const nonce = out.subarray(HEAD, body)
      fillRandom(nonce)
      out.set(cipher.seal(nonce, bytes, aad), body)
    },
    open(sealed) {
      cipher ??= xaes(key)
      try {
        return cipher.open(sealed.subarray(HEAD, body), sealed.subarray(body), aad)
      } catch {
        return undefined
      }
    },
  }
}

function signed({ id, key }: DerivedKey, aad: Buffer): Sealer {
  const mac = (bytes: Uint8Array) => createHmac('sha256', key).update(aad).update(bytes).digest()
  return {
    id,
    seal(bytes, out) {
      out.set(bytes, HEAD)
      out.set(mac(bytes), HEAD + bytes.length)
    },
    open(sealed) {
      const end = sealed.length - MAC
      const bytes = sealed.subarray(HEAD, end)
      return timingSafeEqual(mac(bytes), sealed.subarray(end)) ? bytes : undefined
    },
  }
}

/** Each part after its length, so that no two places give the same bytes. */
function boundTo(format: number, { definition, cookie }: SealPlace): Buffer {
  const parts = ['zession cookie', definition, cookie].map((part) => Buffer.from(part))
  return Buffer.concat([Buffer.from([format]), ...parts.flatMap((part) => [Buffer.from([part.length]), part])])
}
