import type { Clock } from '../../core/clock.js'
import { fn, group, list, made, number, oneOf, test } from '../../core/options/rule.js'
import type { GobTypes } from '../gob/types.js'

/** A pair of keys, as `securecookie.CodecsFromPairs` and `sessions.NewCookieStore` take them, one after the other. */
export interface SecureCookieKeys {
  /** What cookies are signed with. */
  readonly hash: Uint8Array | string
  /** What their values are encrypted with: 16, 24 or 32 bytes. Left out, they are not. @default none */
  readonly block?: Uint8Array | string
}

/** How cookies of gorilla/securecookie are read. */
export interface SecureCookieOptions {
  /** The pairs of keys, in any order: each is tried. A text is taken as its UTF-8 bytes, as Go's `[]byte("...")` is. */
  readonly keys: readonly SecureCookieKeys[]
  /** Seconds after which a cookie is not read any more; 0 for never, as in Go. @default 2592000 (30 days) */
  readonly maxAge?: number
  /** How values are written: Go's default is gob; `nop` gives the bytes as they are. @default 'gob' */
  readonly serializer?: 'gob' | 'json' | 'nop'
  /** The hash of the signature. @default 'sha256' */
  readonly hashFunction?: 'sha256' | 'sha384' | 'sha512' | 'sha1'
  /** The named Go types in the values, for `gob`. @default gobTypes() */
  readonly types?: GobTypes
  /** Milliseconds since the Unix epoch. @default Date.now */
  readonly clock?: Clock
}

const keyRule = test<Uint8Array | string>('bytes or a text, not empty', (value) =>
  (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0)
const blockRule = test<Uint8Array | string>('16, 24 or 32 bytes', (value) =>
  (typeof value === 'string' || value instanceof Uint8Array) && [16, 24, 32].includes(bytesOf(value).length))

export const secureCookieRule = group<SecureCookieOptions>(
  {
    keys: list(
      'a list of `{ hash, block }`',
      group<SecureCookieKeys>({ hash: keyRule, block: blockRule }, {}, ['hash']),
    ),
    maxAge: number('seconds, 0 or more', (value) => value >= 0),
    serializer: oneOf('gob', 'json', 'nop'),
    hashFunction: oneOf('sha256', 'sha384', 'sha512', 'sha1'),
    types: made<GobTypes>('what gobTypes() returns', ['register', 'named']),
    clock: fn<Clock>('a function that returns milliseconds since the Unix epoch'),
  },
  { hashKey: 'ours is `keys: [{ hash }]`', blockKey: 'ours is `keys: [{ hash, block }]`', secrets: 'ours is `keys`' },
  ['keys'],
)

/** Text as UTF-8; bytes as a copy. */
export function bytesOf(key: Uint8Array | string): Uint8Array {
  return typeof key === 'string' ? Buffer.from(key) : new Uint8Array(key)
}
