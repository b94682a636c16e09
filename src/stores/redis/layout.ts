import { randomBytes } from 'node:crypto'
import { StoreError } from '../../core/errors.js'
import type { RecordChange, Revision, StoredRecord } from '../port.js'

/**
 * A record is one string, so that a read is one GET. After it, in this order: the format (1 byte); the deadline and the
 * time until which the subject index holds the record (two doubles, 0 without a subject); the call that wrote it (8
 * bytes); the revision and the subject, each after its length (32 bits, all of them set for no subject); the bytes.
 * Numbers are big-endian. The scripts know these places.
 */
const format = 1
const revisionAt = 25
const noSubject = 0xffff_ffff

/** How much longer than a record needs it the index keeps its place, so that most touches leave the index alone. */
const indexAheadMs = 86_400_000

/** A text after its length, as it stands in the record: equal fields are equal texts. */
export function fieldOf(text: string | undefined): Buffer {
  const length = text === undefined ? 0 : Buffer.byteLength(text)
  const field = Buffer.allocUnsafe(4 + length)
  field.writeUInt32BE(text === undefined ? noSubject : length, 0)
  if (text !== undefined) field.write(text, 4)
  return field
}

/** The record as it is stored; the deadline of `'keep'` is filled in by the script. */
export function valueOf({ bytes, revision, expiresAt, subject }: RecordChange, call: Buffer): Buffer {
  const [first, second] = [fieldOf(revision), fieldOf(subject)]
  const bytesAt = revisionAt + first.length + second.length
  const value = Buffer.allocUnsafe(bytesAt + bytes.length)
  const deadline = expiresAt === 'keep' ? 0 : expiresAt
  value[0] = format
  value.writeDoubleBE(deadline, 1)
  value.writeDoubleBE(subject === undefined ? 0 : indexedUntil(deadline), 9)
  value.set(call, 17)
  value.set(first, revisionAt)
  value.set(second, revisionAt + first.length)
  value.set(bytes, bytesAt)
  return value
}

/** @throws StoreError when the value is no record of this store */
export function recordOf(value: Buffer): StoredRecord {
  if (value[0] !== format || value.length < revisionAt + 8) throw foreign()
  const subjectAt = revisionAt + 4 + value.readUInt32BE(revisionAt)
  if (subjectAt + 4 > value.length) throw foreign()
  const length = value.readUInt32BE(subjectAt)
  const bytesAt = subjectAt + 4 + (length === noSubject ? 0 : length)
  if (bytesAt > value.length) throw foreign()
  // A copy in a plain array: the driver's buffer is a window on what the socket read, other answers included.
  const bytes = new Uint8Array(value.length - bytesAt)
  bytes.set(value.subarray(bytesAt))
  const revision = value.toString('utf8', revisionAt + 4, subjectAt) as Revision
  const expiresAt = value.readDoubleBE(1)
  if (length === noSubject) return { bytes, revision, expiresAt }
  return { bytes, revision, expiresAt, subject: value.toString('utf8', subjectAt + 4, bytesAt) }
}

function foreign(): StoreError {
  return new StoreError(
    'A key of the Redis store holds a value that the store did not write. Give the store a prefix that nobody else uses.',
  )
}

/** Until when a record with this deadline is put into the index. */
export const indexedUntil = (deadline: number) => deadline + indexAheadMs

/**
 * Names calls, so that a command which the driver sends again after a lost connection is told from a second call with
 * the same arguments.
 */
export function callNames(): () => Buffer {
  const store = randomBytes(4)
  let count = 0
  return () => {
    const name = Buffer.allocUnsafe(8)
    name.set(store)
    name.writeUInt32BE(count, 4)
    count = (count + 1) >>> 0
    return name
  }
}

/** Names of keys. Records and indexes differ in the letter after the prefix, whatever their own names hold. */
export function keyNames(prefix: string) {
  return {
    record: (key: string) => `${prefix}r:${key}`,
    index: (subject: string) => `${prefix}s:${subject}`,
    /** Matches the records whose key starts with `start`, character for character. */
    pattern: (outer: string, start: string) => `${`${outer}${prefix}r:${start}`.replace(/[*?[\]\\]/g, '\\$&')}*`,
  }
}
