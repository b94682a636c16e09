import type { BoundCodec, Codec } from '../../codec/port.js'
import { MisdeployError, UnreadableRecordError } from '../../core/errors.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import type { Carry } from '../../schema/key.js'
import type { Migrator } from '../../schema/migrator.js'

/** One codec, bound to what it carries. */
export interface BoundPair {
  readonly name: string
  /** For data as a schema version wrote it; undefined when that is not known any more. */
  data(version: number): BoundCodec | undefined
  readonly flash: BoundCodec
}

export function bindPair(codec: Codec, migrator: Migrator, types: TypeRegistry | undefined): BoundPair {
  const versions = new Map<number, BoundCodec | undefined>()
  return {
    name: codec.name,
    flash: codec.bind({ shape: {}, types }),
    data(version) {
      // What newer code wrote is read with this code's names.
      const known = Math.min(version, migrator.version)
      if (!versions.has(known)) {
        const shape = migrator.shapeOf(known)
        versions.set(known, shape && codec.bind({ shape, types }))
      }
      return versions.get(known)
    },
  }
}

/** How one key is written by a codec, and read again. */
export function carryOf(codec: BoundCodec, key: string): Carry {
  return {
    encode: (value) => codec.encode(only(key, value)),
    decode: (bytes) => own(codec.decode(bytes), key),
  }
}

/** The same for a flash channel, which is stored with the time it was set. */
export function carryOfFlash(codec: BoundCodec, channel: string): Carry {
  return {
    encode: (value) => encodeFlash(codec, channel, value),
    decode: (bytes) => (own(codec.decode(bytes), channel) as readonly unknown[])[1],
  }
}

export function decodeObject(codec: BoundCodec, bytes: Uint8Array): Record<string, unknown> {
  let value: unknown
  try {
    value = codec.decode(bytes)
  } catch (error) {
    // A type that is not registered here is no damage.
    if (error instanceof MisdeployError) throw error
    // Not as the cause: parsers quote what they could not parse, which is session data.
    const kind = error instanceof Error ? error.name : typeof error
    throw new UnreadableRecordError(`The payload of a record cannot be decoded (${kind}).`)
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new UnreadableRecordError('The payload of a record is not an object.')
  }
  return value as Record<string, unknown>
}

/** Assigning `__proto__` would change the prototype instead of storing the key. */
export function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

/** As it will be stored, under the time it was set. The path of a refusal is that of the value as the app gave it. */
function encodeFlash(codec: BoundCodec, channel: string, value: unknown): Uint8Array {
  try {
    return codec.encode(only(channel, [0, value]))
  } catch (error) {
    codec.encode(only(channel, value))
    throw error
  }
}

function only(key: string, value: unknown): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  put(object, key, value)
  return object
}

function own(object: unknown, key: string): unknown {
  return Object.hasOwn(Object(object) as object, key) ? (object as Record<string, unknown>)[key] : undefined
}
