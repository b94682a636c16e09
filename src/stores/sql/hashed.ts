import { createHash } from 'node:crypto'
import type { RecordChange, StoredRecord } from '../port.js'

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

/** The arguments of a write. Copied before the first await: the caller may reuse its array as soon as the call returns. */
export function contentsOf({ bytes, version, expiresAt, subject }: StoredRecord | RecordChange) {
  return {
    bytes: Buffer.from(bytes),
    version: bytesOf(version),
    expiresAt: expiresAt === 'keep' ? null : expiresAt,
    subject: subject === undefined ? null : bytesOf(subject),
  }
}
