import { decodeEnvelope, encodeEnvelope } from '../../codec/envelope.js'
import { readHeader } from '../../codec/envelope-header.js'
import { applyTransforms, type TransformStack } from '../../codec/envelope-transforms.js'
import type { BoundCodec, Codec, KnownBytes, Transform } from '../../codec/port.js'
import type { Lifetime } from '../../core/deadline.js'
import { MisdeployError, SessionError, SessionMigrationError, UnreadableRecordError } from '../../core/errors.js'
import type { SessionId } from '../../core/id.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import { copyValue } from '../../core/value.js'
import type { SchemaModel } from '../../schema/definition.js'
import type { Carry, TypedValue } from '../../schema/key.js'
import type { Migrator } from '../../schema/migrator.js'
import type { StoreKey } from '../../stores/port.js'
import { isCarried, type Payload, type PayloadValues, writePayload } from './carried-whole.js'
import { type BoundPair, bindPair, carryOf, carryOfFlash, decodeObject, put } from './codec-binding.js'
import { type Contents, carriesSeedAtMost, type Entry, type FlashEntry, NONE, toEntry } from './contents.js'

/** Where a record belongs: what sealed bytes are bound to. */
export interface Place {
  readonly id: SessionId
  readonly key: StoreKey
}

/** For records that are opened without a client: there is no id, so what is sealed to its holder stays closed. */
export const NO_ID = '' as SessionId

/** A record as values. */
export interface DecodedRecord {
  readonly contents: Contents
  /** The keys, or `flash.<channel>`, whose stored value no longer fits. */
  readonly invalid: readonly string[]
  /** Whether migrations have changed anything. */
  readonly migrated: boolean
  /** Written by code with a higher schema version than this one's. */
  readonly newer: boolean
  /** Whether its bytes say the same at any time, and nothing has to be reported each time that they are read. */
  readonly isSteady: boolean
}

/** Contents to the bytes of one record and back: where schema and codec meet. */
export interface RecordFormat {
  /**
   * @param isKept whether these values will be there when the session is written again
   * @throws CodecError with the path, or SessionError `ERR_SESSION_TOO_LARGE` with the largest keys
   */
  encode(contents: Contents, place: Place, now: number, isKept?: boolean): Uint8Array
  /**
   * @throws UnreadableRecordError on damage, MisdeployError on a format, codec, transform, key or schema version that this
   * process does not know, SessionMigrationError
   */
  decode(bytes: Uint8Array, place: Place, now: number): DecodedRecord
  /** How the value of a key is written, and read again. */
  carryOf(key: string): Carry
  /** The same for a flash channel. */
  carryOfFlash(channel: string): Carry
  /** A record without its client: its clocks, and its data where the app alone can open it. @throws as `decode` */
  inspect(bytes: Uint8Array, key: StoreKey, now: number): InspectedRecord
}

export interface InspectedRecord {
  readonly lifetime: Lifetime
  readonly data: Readonly<Record<string, unknown>> | undefined
}

export interface RecordFormatOptions {
  readonly name: string
  readonly migrator: Migrator
  readonly flashSchema: SchemaModel | undefined
  /** The first writes, all read. */
  readonly codecs: readonly Codec[]
  readonly transforms: {
    /** In the order in which they are applied. */
    readonly writing: readonly Transform[]
    /** Those that a stored record may have gone through. */
    readonly reading: readonly Transform[]
  }
  readonly types: TypeRegistry | undefined
  readonly maxRecordBytes: number
  /** Milliseconds a flash may wait, Infinity for ever. */
  readonly flashMaxAgeMs: number
  /** Where a record has to fit besides: what is wrong with one that does not, and what to do. */
  readonly budget?: Budget | undefined
}

/** @returns undefined for a record that fits; else what is wrong, and what to do, as sentences around the largest keys */
export type Budget = (
  bytes: number,
  contents: Contents,
  id: SessionId,
) => { readonly wrong: string; readonly remedy: string } | undefined

export function createRecordFormat(options: RecordFormatOptions): RecordFormat {
  const { name, migrator, flashSchema, transforms, types, maxRecordBytes, flashMaxAgeMs } = options
  const schema = migrator.model
  const pairs = options.codecs.map((codec) => bindPair(codec, migrator, types))
  const [writer] = pairs as [BoundPair, ...BoundPair[]]
  // The current version is always known.
  const data = writer.data(migrator.version) as BoundCodec
  /** Contents are never changed in place, so a value that a session keeps from write to write is encoded once. */
  const bytesOf = new WeakMap<object, Uint8Array>()
  const known = (isKept: boolean): KnownBytes => ({
    get: (value) => bytesOf.get(value),
    note: (value, copy) => void (isKept && bytesOf.set(value, copy())),
  })
  const [noted, unnoted] = [known(true), known(false)]

  const requirable = transforms.reading.filter(({ required }) => required !== undefined)

  function stackFor(transforms: readonly Transform[], { id, key }: Place, now: number): TransformStack {
    return { transforms, id, key, maxBytes: maxRecordBytes, now }
  }

  /** What a record says, by the codec that writes; by the one that it was read with if only that carries all of it. */
  function payloadOf(contents: Contents, known: KnownBytes): Payload {
    const values: PayloadValues = {
      data: storedData(contents, migrator),
      flash: contents.flash.size + contents.carriedFlash.size > 0 ? storedFlash(contents) : undefined,
    }
    const before = contents.codec === undefined ? undefined : pairs.find((pair) => pair.name === contents.codec)
    const bound = before?.data(migrator.version)
    const isLeft = before && bound && !isCarried(writer, data, values, types) && isCarried(before, bound, values, types)
    return isLeft ? writePayload(before, bound, values) : writePayload(writer, data, values, known)
  }

  function encode(contents: Contents, place: Place, now: number, isKept = false): Uint8Array {
    const { lifetime } = contents
    const { codec, data, flash } = payloadOf(contents, isKept ? noted : unnoted)
    const plain = encodeEnvelope({
      name,
      codec,
      schemaVersion: contents.version,
      persistent: contents.persistent,
      createdAt: lifetime.createdAt,
      absoluteExpiresAt: lifetime.absoluteExpiresAt,
      idleMs: lifetime.idleMs,
      idSince: contents.idSince,
      cookie: contents.cookie,
      login: contents.login,
      data,
      flash,
    })
    const isTransformed = transforms.writing.length > 0 && plain.length <= maxRecordBytes
    const bytes = isTransformed ? applyTransforms(plain, stackFor(transforms.writing, place, now)) : plain
    if (bytes.length > maxRecordBytes)
      throw tooLarge(contents, {
        wrong: `Session \`${name}\` is ${bytes.length} bytes; \`maxRecordBytes\` is ${maxRecordBytes}.`,
        remedy: 'Keep large data elsewhere and store a reference to it.',
      })
    const overrun = options.budget?.(bytes.length, contents, place.id)
    if (overrun) throw tooLarge(contents, overrun)
    return bytes
  }

  function decode(bytes: Uint8Array, place: Place, now: number): DecodedRecord {
    if (bytes.length > maxRecordBytes)
      throw new UnreadableRecordError(
        `A record of session \`${name}\` is ${bytes.length} bytes, over \`maxRecordBytes\`.`,
      )
    const envelope = decodeEnvelope(bytes, stackFor(transforms.reading, place, now))
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
    const {
      createdAt,
      absoluteExpiresAt,
      idleMs,
      idSince = createdAt,
      persistent,
      cookie,
      login,
      schemaVersion,
    } = envelope
    const codec = reader.data(schemaVersion)
    // A version that is too old has no codec; the migrator says so.
    const stored = codec ? decodeObject(codec, envelope.data) : {}
    const waiting = envelope.flash && decodeObject(reader.flash, envelope.flash)
    const { read, data, flash, invalid } = understood(() => {
      const read = migrator.read(stored, schemaVersion)
      const invalid = [...read.invalid]
      const flash = waiting ? readFlash(waiting, invalid, now) : NO_FLASH
      return { read, data: toEntries(read.data), flash, invalid }
    })
    const newer = schemaVersion > migrator.version
    const isAlone = waiting === undefined && carriesSeedAtMost(read.carried)
    return {
      contents: {
        data,
        carried: read.carried.size > 0 ? read.carried : NONE,
        ...flash,
        persistent,
        cookie,
        lifetime: { createdAt, absoluteExpiresAt, idleMs },
        version: read.version,
        codec: reader === writer ? undefined : reader.name,
        idSince,
        login,
      },
      invalid,
      migrated: read.migrated,
      newer,
      isSteady: isAlone && invalid.length === 0 && !read.migrated && !newer && !isTolerated(bytes),
    }
  }

  /** Whether a transform is missing that is required some day. */
  function isTolerated(bytes: Uint8Array): boolean {
    if (requirable.length === 0) return false
    const { transforms: applied } = readHeader(bytes)
    return requirable.some(({ name }) => !applied.includes(name))
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
      if (at !== undefined && (value === undefined || now - at >= flashMaxAgeMs)) continue
      const typed = at === undefined ? undefined : flashSchema?.keys.get(channel)?.fromStored(value)
      if (typed && at !== undefined) flash.set(channel, { ...toEntry(typed), at })
      else carriedFlash.set(channel, waiting)
      if (!typed && flashSchema?.keys.has(channel)) invalid.push(`flash.${channel}`)
    }
    return { flash, carriedFlash }
  }

  function tooLarge(contents: Contents, { wrong, remedy }: NonNullable<ReturnType<Budget>>): SessionError {
    const sizes = [...contents.data].map(([key, { stored }]) => ({
      key,
      bytes: data.encode({ [key]: stored }).length,
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
      `${wrong} Largest keys: ${largest.map(({ key, bytes }) => `${key} (${bytes})`).join(', ')}. ${remedy}`,
    )
  }

  function inspect(bytes: Uint8Array, key: StoreKey, now: number): InspectedRecord {
    const { createdAt, absoluteExpiresAt, idleMs, transforms: applied } = readHeader(bytes)
    const lifetime = { createdAt, absoluteExpiresAt, idleMs }
    try {
      const { contents } = decode(bytes, { id: NO_ID, key }, now)
      const values: Record<string, unknown> = {}
      for (const model of schema.keys.values()) {
        const entry = contents.data.get(model.name) ?? (model.hasDefault ? model.default() : undefined)
        if (entry) put(values, model.name, copyValue(entry.value, types))
      }
      return { lifetime, data: Object.freeze(values) }
    } catch (error) {
      const isSealed = applied.length > 0 && error instanceof UnreadableRecordError
      // A session can be ended although its migration fails.
      if (isSealed || error instanceof SessionMigrationError) return { lifetime, data: undefined }
      throw error
    }
  }

  return {
    encode,
    decode,
    inspect,
    carryOf: (key) => carryOf(data, key),
    carryOfFlash: (channel) => carryOfFlash(writer.flash, channel),
  }
}

/** What a codec read without complaint may still be too much for what comes after: that is damage too, never a crash. */
function understood<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof SessionError) throw error
    const kind = error instanceof Error ? error.name : typeof error
    throw new UnreadableRecordError(`The payload of a record cannot be turned into values (${kind}).`)
  }
}

const NO_FLASH: Pick<Contents, 'flash' | 'carriedFlash'> = { flash: NONE, carriedFlash: NONE }

/** The migrator's Map is its caller's to keep, so it is not copied. */
function toEntries(data: Map<string, TypedValue>): ReadonlyMap<string, Entry> {
  for (const [key, typed] of data) data.set(key, toEntry(typed))
  return data as ReadonlyMap<string, TypedValue> as ReadonlyMap<string, Entry>
}

function storedData(contents: Contents, migrator: Migrator): Record<string, unknown> {
  const stored: Record<string, unknown> = {}
  for (const [key, entry] of contents.data) put(stored, key, entry.stored)
  if (contents.carried.size === 0) return stored
  for (const [key, value] of migrator.carriedBeside(contents.data, contents.carried)) put(stored, key, value)
  return stored
}

function storedFlash(contents: Contents): Record<string, unknown> {
  const stored: Record<string, unknown> = {}
  for (const [channel, entry] of contents.flash) put(stored, channel, [entry.at, entry.stored])
  for (const [channel, value] of contents.carriedFlash) put(stored, channel, value)
  return stored
}
