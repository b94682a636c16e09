import { decodeEnvelope, encodeEnvelope } from '../codec/envelope.js'
import type { BoundCodec, Codec } from '../codec/port.js'
import type { Lifetime } from '../core/deadline.js'
import { MisdeployError, SessionError, UnreadableRecordError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import { copyValue } from '../core/value.js'
import type { SchemaModel } from '../schema/definition.js'
import type { StoreKey } from '../stores/port.js'
import { type Contents, type Entry, type FlashEntry, NONE, toEntry } from './contents.js'

/** Where a record belongs: what sealed bytes are bound to. */
export interface Place {
  readonly id: SessionId
  readonly key: StoreKey
}

/** For records that are opened without a client: there is no id, so what is sealed to its holder stays closed. */
export const NO_ID = '' as SessionId

/** Contents to the bytes of one record and back: where schema and codec meet. */
export interface RecordFormat {
  /** @throws CodecError with the path, or SessionError `ERR_SESSION_TOO_LARGE` with the largest keys */
  encode(contents: Contents, place: Place): Uint8Array
  /** @throws UnreadableRecordError on damage, MisdeployError on a format or codec this process does not know */
  decode(
    bytes: Uint8Array,
    place: Place,
    now: number,
  ): { readonly contents: Contents; readonly invalid: readonly string[] }
  /** A record without its client: its clocks, and its data where the app alone can open it. @throws as `decode` */
  inspect(
    bytes: Uint8Array,
    key: StoreKey,
    now: number,
  ): { readonly lifetime: Lifetime; readonly data: Readonly<Record<string, unknown>> | undefined }
}

export interface RecordFormatOptions {
  readonly name: string
  readonly schema: SchemaModel
  readonly flashSchema: SchemaModel | undefined
  /** The first writes, all read. */
  readonly codecs: readonly Codec[]
  readonly maxRecordBytes: number
  /** Milliseconds a flash may wait, Infinity for ever. */
  readonly flashMaxAgeMs: number
}

interface BoundPair {
  readonly name: string
  readonly data: BoundCodec
  readonly flash: BoundCodec
}

export function createRecordFormat(options: RecordFormatOptions): RecordFormat {
  const { name, schema, flashSchema, maxRecordBytes, flashMaxAgeMs } = options
  const pairs = options.codecs.map(
    (codec): BoundPair => ({
      name: codec.name,
      data: codec.bind({ shape: schema.shape }),
      flash: codec.bind({ shape: {} }),
    }),
  )
  const [writer] = pairs as [BoundPair, ...BoundPair[]]

  function encode(contents: Contents, _place: Place): Uint8Array {
    const { lifetime } = contents
    const bytes = encodeEnvelope({
      name,
      codec: writer.name,
      schemaVersion: 1,
      persistent: contents.persistent,
      createdAt: lifetime.createdAt,
      absoluteExpiresAt: lifetime.absoluteExpiresAt,
      idleMs: lifetime.idleMs,
      data: writer.data.encode(storedData(contents)),
      flash:
        contents.flash.size + contents.carriedFlash.size > 0 ? writer.flash.encode(storedFlash(contents)) : undefined,
    })
    if (bytes.length > maxRecordBytes) throw tooLarge(bytes.length, contents)
    return bytes
  }

  function decode(bytes: Uint8Array, _place: Place, now: number): { contents: Contents; invalid: string[] } {
    if (bytes.length > maxRecordBytes)
      throw new UnreadableRecordError(
        `A record of session \`${name}\` is ${bytes.length} bytes, over \`maxRecordBytes\`.`,
      )
    const envelope = decodeEnvelope(bytes)
    if (envelope.name !== name)
      throw new UnreadableRecordError(
        `A record under a key of session \`${name}\` was written by another session definition.`,
      )
    const reader = pairs.find((pair) => pair.name === envelope.codec)
    if (!reader) {
      throw new MisdeployError(
        `A record of session \`${name}\` was written with codec \`${envelope.codec}\`, which this app does not have. Add it to the list in \`codec\` (the first writes, all read).`,
      )
    }
    const invalid: string[] = []
    const { data, carried } = readData(decodeObject(reader.data, envelope.data), invalid)
    const flash = envelope.flash ? readFlash(decodeObject(reader.flash, envelope.flash), invalid, now) : NO_FLASH
    const { createdAt, absoluteExpiresAt, idleMs, persistent } = envelope
    return {
      contents: { data, carried, ...flash, persistent, lifetime: { createdAt, absoluteExpiresAt, idleMs } },
      invalid,
    }
  }

  function readData(stored: Record<string, unknown>, invalid: string[]): Pick<Contents, 'data' | 'carried'> {
    const data = new Map<string, Entry>()
    let carried: Map<string, unknown> | undefined
    for (const key of Object.keys(stored)) {
      const model = schema.keys.get(key)
      const typed = model?.fromStored(stored[key])
      if (typed) data.set(key, toEntry(typed))
      else (carried ??= new Map()).set(key, stored[key])
      if (model && !typed) invalid.push(key)
    }
    return { data, carried: carried ?? NONE }
  }

  function readFlash(
    stored: Record<string, unknown>,
    invalid: string[],
    now: number,
  ): Pick<Contents, 'flash' | 'carriedFlash'> {
    const flash = new Map<string, FlashEntry>()
    const carriedFlash = new Map<string, unknown>()
    for (const channel of Object.keys(stored)) {
      const waiting = stored[channel]
      const [at, value] =
        Array.isArray(waiting) && waiting.length === 2 && typeof waiting[0] === 'number'
          ? (waiting as [number, unknown])
          : [undefined, undefined]
      if (at !== undefined && now - at >= flashMaxAgeMs) continue
      const typed = at === undefined ? undefined : flashSchema?.keys.get(channel)?.fromStored(value)
      if (typed && at !== undefined) flash.set(channel, { ...toEntry(typed), at })
      else carriedFlash.set(channel, waiting)
      if (!typed && flashSchema?.keys.has(channel)) invalid.push(`flash.${channel}`)
    }
    return { flash, carriedFlash }
  }

  function tooLarge(size: number, contents: Contents): SessionError {
    const sizes = [...contents.data].map(([key, { stored }]) => ({
      key,
      bytes: writer.data.encode({ [key]: stored }).length,
    }))
    sizes.push(
      ...[...contents.flash].map(([key, { stored }]) => ({
        key: `flash.${key}`,
        bytes: writer.flash.encode({ [key]: stored }).length,
      })),
    )
    const largest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 3)
    return new SessionError(
      'ERR_SESSION_TOO_LARGE',
      `Session \`${name}\` is ${size} bytes; \`maxRecordBytes\` is ${maxRecordBytes}. Largest keys: ${largest.map(({ key, bytes }) => `${key} (${bytes})`).join(', ')}. Keep large data elsewhere and store a reference to it.`,
    )
  }

  function inspect(bytes: Uint8Array, key: StoreKey, now: number) {
    const { contents } = decode(bytes, { id: NO_ID, key }, now)
    const data: Record<string, unknown> = {}
    for (const model of schema.keys.values()) {
      const entry = contents.data.get(model.name) ?? (model.hasDefault ? model.default() : undefined)
      if (entry) put(data, model.name, copyValue(entry.value))
    }
    return { lifetime: contents.lifetime, data: Object.freeze(data) }
  }

  return { encode, decode, inspect }
}

const NO_FLASH: Pick<Contents, 'flash' | 'carriedFlash'> = { flash: NONE, carriedFlash: NONE }

function storedData(contents: Contents): Record<string, unknown> {
  const stored: Record<string, unknown> = {}
  for (const [key, entry] of contents.data) put(stored, key, entry.stored)
  for (const [key, value] of contents.carried) put(stored, key, value)
  return stored
}

function storedFlash(contents: Contents): Record<string, unknown> {
  const stored: Record<string, unknown> = {}
  for (const [channel, entry] of contents.flash) put(stored, channel, [entry.at, entry.stored])
  for (const [channel, value] of contents.carriedFlash) put(stored, channel, value)
  return stored
}

/** Assigning `__proto__` would change the prototype instead of storing the key. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

function decodeObject(codec: BoundCodec, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = codec.decode(bytes)
  } catch (error) {
    throw new UnreadableRecordError('The payload of a record cannot be decoded.', { cause: error })
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new UnreadableRecordError('The payload of a record is not an object.')
  }
  return value as Record<string, unknown>
}
