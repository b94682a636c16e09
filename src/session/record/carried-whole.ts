import type { BoundCodec, KnownBytes } from '../../codec/port.js'
import { losesNames } from '../../codec/unknown-names.js'
import { CodecError } from '../../core/errors.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import { sameValue } from '../../core/value.js'
import type { BoundPair } from './codec-binding.js'

/** What a record says, as its codec gets it. */
export interface PayloadValues {
  readonly data: Record<string, unknown>
  readonly flash: Record<string, unknown> | undefined
}

/** The same, written. */
export interface Payload {
  readonly codec: string
  readonly data: Uint8Array
  readonly flash: Uint8Array | undefined
}

export function writePayload(
  { name, flash }: BoundPair,
  codec: BoundCodec,
  values: PayloadValues,
  known?: KnownBytes,
): Payload {
  return {
    codec: name,
    data: codec.encode(values.data, known),
    flash: values.flash && flash.encode(values.flash),
  }
}

/**
 * Whether a codec carries values that another has read: keys that this code does not know may hold a type that it has no form for,
 * or a name of which only the hash is known.
 */
export function isCarried(
  { name, flash }: BoundPair,
  codec: BoundCodec,
  values: PayloadValues,
  types: TypeRegistry | undefined,
): boolean {
  return carries(name, codec, values.data, types) && (!values.flash || carries(name, flash, values.flash, types))
}

function carries(name: string, codec: BoundCodec, value: unknown, types: TypeRegistry | undefined): boolean {
  if (losesNames(name, value)) return false
  try {
    return sameValue(codec.decode(codec.encode(value as Record<string, unknown>)), value, types)
  } catch (error) {
    if (error instanceof CodecError) return false
    throw error
  }
}
