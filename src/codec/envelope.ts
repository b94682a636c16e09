import { CodecError } from '../core/errors.js'
import { damaged, readVarint, varintSize, view, writeTime, writeVarint } from './envelope-fields.js'
import { type EnvelopeHeader, FLAG, FORMAT, readHeader, TIME_LIMIT } from './envelope-header.js'
import { encodeText, textsFor } from './envelope-texts.js'
import { type TransformStack, undoTransforms } from './envelope-transforms.js'

/** What a stored record holds. */
export interface Envelope extends EnvelopeHeader {
  readonly data: Uint8Array
  /** Absent when no flash waits. */
  readonly flash: Uint8Array | undefined
}

/**
 * The bytes of a record: format byte 1, name, codec, schema version, flags, times, then length and bytes of `data`, then
 * `flash` up to the end. A fraction of a second in `idleMs` is dropped, so a session may end early by that much, never late.
 * `applyTransforms` makes of them what is stored, where the app has transforms.
 * @throws CodecError when a field is out of range; `path` is the field's name
 */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { createdAt, absoluteExpiresAt, data, flash, schemaVersion } = envelope
  const texts = textsFor(envelope.name, envelope.codec).bytes
  checkInteger(schemaVersion, 'schemaVersion', Number.MAX_SAFE_INTEGER)
  checkInteger(createdAt, 'createdAt', TIME_LIMIT - 1)
  checkInteger(absoluteExpiresAt, 'absoluteExpiresAt', TIME_LIMIT - 1)
  const idleSeconds = Math.floor(envelope.idleMs / 1000)
  checkInteger(idleSeconds, 'idleMs', TIME_LIMIT - 1)
  const delta = (absoluteExpiresAt - createdAt) / 1000
  const asDelta = delta >= 0 && Number.isInteger(delta)

  const rotated = Math.floor(((envelope.idSince ?? createdAt) - createdAt) / 1000)
  checkInteger(rotated, 'idSince', TIME_LIMIT - 1)

  const cookie = envelope.cookie === undefined ? undefined : encodeText(envelope.cookie, 'cookie')
  const { login } = envelope
  if (login) {
    checkInteger(login.at, 'login', TIME_LIMIT - 1)
    checkInteger(login.mark, 'login', TIME_LIMIT - 1)
  }

  const size =
    2 +
    texts.length +
    varintSize(schemaVersion) +
    6 +
    (asDelta ? varintSize(delta) : 6) +
    varintSize(idleSeconds) +
    (rotated > 0 ? varintSize(rotated) : 0) +
    (cookie ? 1 + cookie.length : 0) +
    (login ? 12 : 0) +
    varintSize(data.length) +
    data.length +
    (flash ? flash.length : 0)
  const out = new Uint8Array(size)
  out[0] = FORMAT
  out.set(texts, 1)
  let at = writeVarint(out, 1 + texts.length, schemaVersion)
  out[at++] =
    (flash ? FLAG.hasFlash : 0) |
    (envelope.persistent ? FLAG.persistent : 0) |
    (asDelta ? FLAG.absoluteIsDelta : 0) |
    (rotated > 0 ? FLAG.rotated : 0) |
    (cookie ? FLAG.cookie : 0) |
    (login ? FLAG.login : 0)
  at = writeTime(out, at, createdAt)
  at = asDelta ? writeVarint(out, at, delta) : writeTime(out, at, absoluteExpiresAt)
  at = writeVarint(out, at, idleSeconds)
  if (rotated > 0) at = writeVarint(out, at, rotated)
  if (cookie) {
    out[at++] = cookie.length
    out.set(cookie, at)
    at += cookie.length
  }
  if (login) at = writeTime(out, writeTime(out, at, login.at), login.mark)
  at = writeVarint(out, at, data.length)
  out.set(data, at)
  if (flash) out.set(flash, at + data.length)
  return out
}

/**
 * The record in `bytes`. `data` and `flash` are views, not copies: of `bytes`, or of what the transforms gave.
 * `stack` is what this app applies; without one, a transformed record is a misdeploy.
 * @throws UnreadableRecordError when the bytes are damaged, or a transform refuses them
 * @throws MisdeployError when the format byte, a flag or a transform is one that another release may have written, when a
 * required transform is missing, or a key that this process does not have is needed
 */
export function decodeEnvelope(bytes: Uint8Array, stack?: TransformStack): Envelope {
  const header = readHeader(bytes)
  const {
    name,
    codec,
    schemaVersion,
    persistent,
    createdAt,
    absoluteExpiresAt,
    idleMs,
    idSince,
    cookie,
    login,
    flags,
  } = header
  let body = bytes
  const cursor = { at: header.bodyAt }
  if (stack !== undefined || flags & FLAG.transformed) {
    const undone = undoTransforms(bytes, header, stack)
    if (undone) {
      body = undone
      cursor.at = 0
    }
  }
  const length = readVarint(body, cursor)
  const end = cursor.at + length
  if (end > body.length) throw damaged('the data is cut short')
  if (!(flags & FLAG.hasFlash) && end !== body.length) throw damaged('bytes follow the data')
  return {
    name,
    codec,
    schemaVersion,
    persistent,
    createdAt,
    absoluteExpiresAt,
    idleMs,
    ...(idSince === undefined ? {} : { idSince }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(login === undefined ? {} : { login }),
    data: view(body, cursor.at, end),
    flash: flags & FLAG.hasFlash ? view(body, end, body.length) : undefined,
  }
}

function checkInteger(value: number, field: string, max: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= max)) {
    throw new CodecError(`\`${field}\` of a session record must be a whole number from 0 to ${max}.`, field)
  }
}
