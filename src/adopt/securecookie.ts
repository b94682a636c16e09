import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { systemClock } from '../core/clock.js'
import { SessionConfigError, UnreadableRecordError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { bytesOf, type SecureCookieOptions, secureCookieRule } from './securecookie/options.js'

export type { SecureCookieKeys, SecureCookieOptions } from './securecookie/options.js'

import { decodeGob } from './gob.js'

/** Reads the cookies of one app. */
export interface SecureCookieReader {
  /**
   * The value of a cookie, or of a file of gorilla's FilesystemStore, which is written in the same way.
   * @param name of the cookie: it is signed too
   * @returns undefined for what these keys have not signed, or what is older than `maxAge`: it came from anywhere
   * @throws UnreadableRecordError when a signed value cannot be read: another block key or serializer wrote it
   * @throws MisdeployError when it holds a named Go type that is not in `types`
   */
  decode(name: string, text: string): SecureCookieValue | undefined
}

/** What was in a cookie. */
export interface SecureCookieValue {
  /** The value, as `decodeGob` or `JSON.parse` gives it, or bytes. */
  readonly value: unknown
  /** When it was written, in milliseconds since the Unix epoch, to the second. */
  readonly writtenAt: number
}

/**
 * Makes a reader of cookies that gorilla/securecookie or gorilla/sessions has written.
 *
 * ```ts
 * const old = secureCookieReader({ keys: [{ hash: process.env.SESSION_KEY }] })
 * const values = old.decode('session', cookie)?.value as Map<unknown, unknown> | undefined
 * ```
 * @throws SessionConfigError for options that are none
 * @see https://github.com/gorilla/securecookie
 */
export function secureCookieReader(options: SecureCookieOptions): SecureCookieReader {
  checkOptions('secureCookieReader()', secureCookieRule, options)
  const { maxAge = 2_592_000, serializer = 'gob', hashFunction = 'sha256', types, clock = systemClock } = options
  if (options.keys.length === 0)
    throw new SessionConfigError('`keys` of secureCookieReader() is an empty list. Give it at least one pair of keys.')
  const keys = options.keys.map(({ hash, block }) => ({
    hash: bytesOf(hash),
    block: block === undefined ? undefined : bytesOf(block),
  }))

  return {
    decode(name, text) {
      const parts = split(text)
      if (!parts) return undefined
      const signed = `${name}|${parts.date}|${parts.value}`
      const pair = keys.find(({ hash }) => same(createHmac(hashFunction, hash).update(signed).digest(), parts.mac))
      if (!pair) return undefined
      const writtenAt = Number(parts.date) * 1000
      if (maxAge !== 0 && writtenAt < clock() - maxAge * 1000) return undefined
      const stored = Buffer.from(parts.value, 'base64url')
      return { value: read(pair.block ? decrypted(stored, pair.block) : stored), writtenAt }
    },
  }

  function read(bytes: Buffer): unknown {
    if (serializer === 'gob') return decodeGob(bytes, types ? { types } : {})
    if (serializer === 'nop') return new Uint8Array(bytes)
    try {
      return JSON.parse(bytes.toString('utf8'))
    } catch {
      // Its own error quotes the value.
      throw new UnreadableRecordError(
        'A cookie of gorilla/securecookie is signed, but not JSON: see `serializer` and the block key.',
      )
    }
  }
}

/** `date|value|mac` in base64, of which the mac may hold any byte. */
function split(text: string): { readonly date: string; readonly value: string; readonly mac: Buffer } | undefined {
  const bytes = Buffer.from(text, 'base64url')
  const first = bytes.indexOf('|')
  const second = bytes.indexOf('|', first + 1)
  if (first === -1 || second === -1) return undefined
  const date = bytes.toString('latin1', 0, first)
  if (!/^\d{1,12}$/.test(date)) return undefined
  return { date, value: bytes.toString('latin1', first + 1, second), mac: bytes.subarray(second + 1) }
}

/** The initial counter, then AES in counter mode. What it says is trusted because it is signed. */
function decrypted(stored: Buffer, key: Uint8Array): Buffer {
  if (stored.length < 16)
    throw new UnreadableRecordError('A cookie of gorilla/securecookie is signed, but not encrypted: leave `block` out.')
  const decipher = createDecipheriv(`aes-${key.length * 8}-ctr`, key, stored.subarray(0, 16))
  return Buffer.concat([decipher.update(stored.subarray(16)), decipher.final()])
}

const same = (a: Buffer, b: Buffer) => a.length === b.length && timingSafeEqual(a, b)
