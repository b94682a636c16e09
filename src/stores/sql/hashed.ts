import { createHash } from 'node:crypto'
import type { Binding } from './dialect.js'

// An index of PostgreSQL or MySQL takes no key of any length, so the primary key is the SHA-256 of the key. It alone is
// compared: nobody can find two keys with one SHA-256, so the full key, which is stored for `scan`, would decide nothing.

/** The primary key of a record. */
export function idOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest()
}

/** Text as its UTF-8 bytes: compared byte for byte in every collation, with NUL and all. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}

/** Keys by their hash, texts as their bytes. */
export const hashed = {
  row: (key) => ({ id: idOf(key) }),
  newRow: (key) => ({ id: idOf(key), key: bytesOf(key) }),
  target: (key) => ({ to: idOf(key), toKey: bytesOf(key) }),
  text: bytesOf,
  contents: ({ bytes, revision, expiresAt, subject }) => ({
    bytes: Buffer.from(bytes),
    version: bytesOf(revision),
    expiresAt: expiresAt === 'keep' ? null : expiresAt,
    subject: subject === undefined ? null : bytesOf(subject),
  }),
  prefix: (prefix) => ({ from: Buffer.alloc(0), prefix: bytesOf(prefix), length: Buffer.byteLength(prefix) }),
  start: Buffer.alloc(0),
} satisfies Binding
