import { CodecError, MisdeployError, UnreadableRecordError } from '../core/errors.js'
import {
  damaged,
  readByte,
  readText,
  readTime,
  readVarint,
  varintSize,
  view,
  writeTime,
  writeVarint,
} from './envelope-fields.js'

/** What every stored record says about itself. Times are milliseconds since the Unix epoch. */
export interface Envelope {
  /** The name of the session definition that wrote the record. */
  readonly name: string
  /** The name of the codec that wrote `data` and `flash`. */
  readonly codec: string
  readonly schemaVersion: number
  /** The client keeps its cookie over a browser restart (`remember`). */
  readonly persistent: boolean
  readonly createdAt: number
  readonly absoluteExpiresAt: number
  /** Milliseconds, whole seconds in the stored form. */
  readonly idleMs: number
  readonly data: Uint8Array
  /** Absent when no flash waits. */
  readonly flash: Uint8Array | undefined
}

const FORMAT = 1
const LAST_RESERVED_FORMAT = 15
const HAS_FLASH = 1
const PERSISTENT = 2
/** The absolute deadline is stored as whole seconds after `createdAt`, not as milliseconds since the epoch. */
const ABSOLUTE_IS_DELTA = 4
const KNOWN_FLAGS = HAS_FLASH | PERSISTENT | ABSOLUTE_IS_DELTA
const TIME_LIMIT = 2 ** 48
const MAX_TEXT_BYTES = 255

/**
 * The bytes of a record: format byte 1, name, codec, schema version, flags, times, then length and bytes of `data`, then
 * `flash` up to the end. A fraction of a second in `idleMs` is dropped, so a session may end early by that much, never late.
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

  const size =
    2 +
    texts.length +
    varintSize(schemaVersion) +
    6 +
    (asDelta ? varintSize(delta) : 6) +
    varintSize(idleSeconds) +
    varintSize(data.length) +
    data.length +
    (flash ? flash.length : 0)
  const out = new Uint8Array(size)
  out[0] = FORMAT
  out.set(texts, 1)
  let at = writeVarint(out, 1 + texts.length, schemaVersion)
  out[at++] = (flash ? HAS_FLASH : 0) | (envelope.persistent ? PERSISTENT : 0) | (asDelta ? ABSOLUTE_IS_DELTA : 0)
  at = writeTime(out, at, createdAt)
  at = asDelta ? writeVarint(out, at, delta) : writeTime(out, at, absoluteExpiresAt)
  at = writeVarint(out, at, idleSeconds)
  at = writeVarint(out, at, data.length)
  out.set(data, at)
  if (flash) out.set(flash, at + data.length)
  return out
}

/**
 * The record in `bytes`. `data` and `flash` are views of `bytes`, not copies: whoever changes `bytes` changes them.
 * @throws UnreadableRecordError when the bytes are damaged
 * @throws MisdeployError when the format byte or a flag is one that a newer release may have written
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new UnreadableRecordError('A stored record is empty.')
  const format = bytes[0] as number
  if (format !== FORMAT) throw unknownFormat(format)

  const texts = readTexts(bytes)
  const cursor = { at: texts.end }
  const schemaVersion = readVarint(bytes, cursor)
  const flags = readByte(bytes, cursor)
  if (flags & ~KNOWN_FLAGS) {
    throw new MisdeployError(
      `A stored record has flags that this release does not know (${flags}). Deploy the release that wrote it.`,
    )
  }
  const createdAt = readTime(bytes, cursor)
  const absoluteExpiresAt =
    flags & ABSOLUTE_IS_DELTA ? createdAt + readVarint(bytes, cursor) * 1000 : readTime(bytes, cursor)
  const idleSeconds = readVarint(bytes, cursor)
  if (absoluteExpiresAt >= TIME_LIMIT || idleSeconds >= TIME_LIMIT) throw damaged('a time is out of range')
  const length = readVarint(bytes, cursor)
  const end = cursor.at + length
  if (end > bytes.length) throw damaged('the data is cut short')
  if (!(flags & HAS_FLASH) && end !== bytes.length) throw damaged('bytes follow the data')
  return {
    name: texts.name,
    codec: texts.codec,
    schemaVersion,
    persistent: (flags & PERSISTENT) !== 0,
    createdAt,
    absoluteExpiresAt,
    idleMs: idleSeconds * 1000,
    data: view(bytes, cursor.at, end),
    flash: flags & HAS_FLASH ? view(bytes, end, bytes.length) : undefined,
  }
}

interface Texts {
  readonly name: string
  readonly codec: string
  /** Both, each after its length byte. */
  readonly bytes: Uint8Array
}

/**
 * A process has a handful of definitions and codecs, so their encoded names are kept. The cap keeps hostile records from
 * growing the list: past it, names are worked out each time.
 */
const known: Texts[] = []
const MAX_KNOWN = 16

function textsFor(name: string, codec: string): Texts {
  for (const texts of known) if (texts.name === name && texts.codec === codec) return texts
  const first = encodeText(name, 'name')
  const second = encodeText(codec, 'codec')
  const bytes = new Uint8Array(2 + first.length + second.length)
  bytes[0] = first.length
  bytes.set(first, 1)
  bytes[1 + first.length] = second.length
  bytes.set(second, 2 + first.length)
  const texts = { name, codec, bytes }
  if (known.length < MAX_KNOWN) known.push(texts)
  return texts
}

function readTexts(bytes: Uint8Array): { name: string; codec: string; end: number } {
  for (const texts of known) {
    if (startsWith(bytes, texts.bytes)) return { name: texts.name, codec: texts.codec, end: 1 + texts.bytes.length }
  }
  const cursor = { at: 1 }
  const name = readText(bytes, cursor)
  const codec = readText(bytes, cursor)
  return { name, codec, end: cursor.at }
}

function startsWith(bytes: Uint8Array, texts: Uint8Array): boolean {
  if (bytes.length <= texts.length) return false
  for (let i = 0; i < texts.length; i++) if (bytes[i + 1] !== texts[i]) return false
  return true
}

function encodeText(text: string, field: 'name' | 'codec'): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (
    bytes.length === 0 ||
    bytes.length > MAX_TEXT_BYTES ||
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) !== text
  ) {
    throw new CodecError(
      `The ${field} of a session record must be 1 to ${MAX_TEXT_BYTES} bytes of well-formed text (it is ${bytes.length}).`,
      field,
    )
  }
  return bytes
}

function checkInteger(value: number, field: string, max: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= max)) {
    throw new CodecError(`\`${field}\` of a session record must be a whole number from 0 to ${max}.`, field)
  }
}

function unknownFormat(format: number): MisdeployError | UnreadableRecordError {
  if (format > FORMAT && format <= LAST_RESERVED_FORMAT) {
    return new MisdeployError(
      `A stored record has format ${format}, which a newer release wrote. Deploy that release again.`,
    )
  }
  return new UnreadableRecordError('A stored record does not start with a known format byte.')
}
