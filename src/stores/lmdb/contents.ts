import { createHash } from 'node:crypto'
import type { StoredRecord, StoreKey } from '../port.js'

/** All that is stored of a record but its bytes, which are a value of their own: a touch does not rewrite them. */
export interface Head {
  readonly key: StoreKey
  readonly revision: StoredRecord['revision']
  readonly expiresAt: number
  readonly subject: string | undefined
}

const headerBytes = 20
const noSubject = 0xffffffff

/** The deadline, the lengths of key, revision and subject, and these three. */
export function encodeHead({ key, revision, expiresAt, subject }: Head): Buffer {
  const texts = [key, revision, subject ?? ''].map((text) => Buffer.from(text))
  const header = Buffer.alloc(headerBytes)
  header.writeDoubleBE(expiresAt, 0)
  for (const [i, text] of texts.entries()) header.writeUInt32BE(text.length, 8 + 4 * i)
  if (subject === undefined) header.writeUInt32BE(noSubject, 16)
  return Buffer.concat([header, ...texts])
}

export function decodeHead(value: Buffer): Head {
  const keyEnd = headerBytes + value.readUInt32BE(8)
  const revisionEnd = keyEnd + value.readUInt32BE(12)
  return {
    key: value.toString('utf8', headerBytes, keyEnd) as StoreKey,
    revision: value.toString('utf8', keyEnd, revisionEnd) as StoredRecord['revision'],
    expiresAt: value.readDoubleBE(0),
    subject: value.readUInt32BE(16) === noSubject ? undefined : value.toString('utf8', revisionEnd),
  }
}

/** 32 bytes for a text of any length: LMDB's own keys end at 1978 bytes. */
export function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Eight bytes that sort as the numbers do. */
export function sortable(deadline: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(deadline)
  const flip = deadline < 0 ? 0xff : 0
  for (const [i, byte] of bytes.entries()) bytes[i] = byte ^ flip
  if (flip === 0) bytes[0] = (bytes[0] ?? 0) ^ 0x80
  return bytes
}
