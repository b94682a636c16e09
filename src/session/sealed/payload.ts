import type { Revision } from '../../stores/port.js'

/** What is sealed into a cookie. */
export interface Payload {
  readonly id: string
  /** The stored deadline, in milliseconds since the Unix epoch. */
  readonly expiresAt: number
  /** The record; undefined when it lives in the store of `overflow`, under the key of this id. */
  readonly bytes: Uint8Array | undefined
  /** The revision that this record has left behind in that store, when it became small enough to leave it. */
  readonly left: Revision | undefined
  /** The digest of the subject, 32 bytes as base64url. */
  readonly subject: string | undefined
  /** The epochs that it belongs to, of its definition and of its subject: tokens of `revocations`; see `revocations.ts`. */
  readonly epochs: Epochs
}

export interface Epochs {
  readonly all: string
  readonly subject: string
}

export const NO_EPOCHS: Epochs = { all: '', subject: '' }

const FLAG = { elsewhere: 1, left: 2, subject: 4, all: 8, subjectEpoch: 16, namedId: 32 } as const
const KNOWN = 63
const ID_BYTES = 32
const TIME_BYTES = 6
const REVISION_BYTES = 12
const DIGEST_BYTES = 32
export const EPOCH_BYTES = 6
/** What 32 bytes are as base64url: the last character has four bits of them. */
const PLAIN_ID = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** By how many bytes a payload is longer than its record. */
export function overheadOf({ id, left, subject, epochs }: Omit<Payload, 'bytes' | 'expiresAt'>): number {
  return (
    1 +
    (isPlainId(id) ? ID_BYTES : 1 + id.length) +
    TIME_BYTES +
    (left === undefined ? 0 : REVISION_BYTES) +
    (subject === undefined ? 0 : DIGEST_BYTES) +
    (epochs.all === '' ? 0 : EPOCH_BYTES) +
    (epochs.subject === '' ? 0 : EPOCH_BYTES)
  )
}

export function encodePayload(payload: Payload): Uint8Array {
  const { id, expiresAt, bytes, left, subject, epochs } = payload
  const plainId = isPlainId(id)
  const out = Buffer.allocUnsafe(overheadOf(payload) + (bytes?.length ?? 0))
  out[0] =
    (bytes ? 0 : FLAG.elsewhere) |
    (left === undefined ? 0 : FLAG.left) |
    (subject === undefined ? 0 : FLAG.subject) |
    (epochs.all === '' ? 0 : FLAG.all) |
    (epochs.subject === '' ? 0 : FLAG.subjectEpoch) |
    (plainId ? 0 : FLAG.namedId)
  let at = 1
  if (plainId) at += out.write(id, at, 'base64url')
  else {
    out[at++] = id.length
    at += out.write(id, at, 'latin1')
  }
  at = out.writeUIntBE(Math.max(0, Math.floor(expiresAt)), at, TIME_BYTES)
  for (const text of [left, subject, epochs.all, epochs.subject])
    if (text !== undefined && text !== '') at += out.write(text, at, 'base64url')
  if (bytes) out.set(bytes, at)
  return out
}

/** @returns undefined for what no release has written */
export function decodePayload(sealed: Uint8Array): Payload | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const flags = bytes[0]
  if (flags === undefined || flags & ~KNOWN) return undefined
  let at = 1
  const take = (length: number) => bytes.subarray(at, (at += length))
  const text = (flag: number, length: number) => (flags & flag ? take(length).toString('base64url') : undefined)
  const id = flags & FLAG.namedId ? take(take(1)[0] ?? 0).toString('latin1') : take(ID_BYTES).toString('base64url')
  if (at + TIME_BYTES > bytes.length) return undefined
  const expiresAt = bytes.readUIntBE(at, TIME_BYTES)
  at += TIME_BYTES
  const left = text(FLAG.left, REVISION_BYTES) as Revision | undefined
  const subject = text(FLAG.subject, DIGEST_BYTES)
  const all = text(FLAG.all, EPOCH_BYTES) ?? ''
  const ofSubject = text(FLAG.subjectEpoch, EPOCH_BYTES) ?? ''
  if (at > bytes.length || (flags & FLAG.elsewhere && at !== bytes.length)) return undefined
  const record = flags & FLAG.elsewhere ? undefined : new Uint8Array(bytes.subarray(at))
  return { id, expiresAt, bytes: record, left, subject, epochs: { all, subject: ofSubject } }
}

/** An id of the library's own is 32 bytes; one of the app's generator may be any text. */
function isPlainId(id: string): boolean {
  return PLAIN_ID.test(id)
}
