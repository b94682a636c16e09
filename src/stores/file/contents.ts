import { crc32 } from 'node:zlib'
import { StoreError } from '../../core/errors.js'
import type { StoredRecord, StoreKey } from '../port.js'

/**
 * A data file: `zsf1`, CRC-32 of all that follows, then the lengths of key, revision and subject, then these three and
 * the bytes. The deadline is not in it: a touch rewrites no data.
 */
const magic = Buffer.from('zsf1')
const headerBytes = 20
const noSubject = 0xffffffff

export interface Contents {
  readonly key: StoreKey
  readonly record: Omit<StoredRecord, 'expiresAt'>
}

/** The file's bytes; a copy, so that the caller may reuse its array. */
export function encode(key: StoreKey, { revision, subject, bytes }: Contents['record']): Buffer {
  const texts = [key, revision, subject ?? ''].map((text) => Buffer.from(text))
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  for (const [i, text] of texts.entries()) header.writeUInt32LE(text.length, 8 + 4 * i)
  if (subject === undefined) header.writeUInt32LE(noSubject, 16)
  const file = Buffer.concat([header, ...texts, bytes])
  file.writeUInt32LE(crc32(file.subarray(8)), 4)
  return file
}

/** @throws StoreError when the file is not, byte for byte, what was written. */
export function decode(file: Buffer): Contents {
  if (
    file.length < headerBytes ||
    !file.subarray(0, 4).equals(magic) ||
    crc32(file.subarray(8)) !== file.readUInt32LE(4)
  )
    throw damaged()
  const subjectLength = file.readUInt32LE(16)
  const keyEnd = headerBytes + file.readUInt32LE(8)
  const revisionEnd = keyEnd + file.readUInt32LE(12)
  const subjectEnd = revisionEnd + (subjectLength === noSubject ? 0 : subjectLength)
  const revision = file.toString('utf8', keyEnd, revisionEnd) as StoredRecord['revision']
  const record = { bytes: new Uint8Array(file.subarray(subjectEnd)), revision }
  return {
    key: file.toString('utf8', headerBytes, keyEnd) as StoreKey,
    record:
      subjectLength === noSubject ? record : { ...record, subject: file.toString('utf8', revisionEnd, subjectEnd) },
  }
}

export function damaged(): StoreError {
  return new StoreError(
    'A file of the file store is damaged: its contents or its name are not what was written. Restore the folder, or destroy the record.',
  )
}
