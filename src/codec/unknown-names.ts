import { isPlainObject } from '../core/value.js'
import { isNameOfUnknown } from './binary/key-names.js'

/**
 * Whether a codec would store the hash of a name that this code does not know as if it were the name. `cbor` alone turns such a
 * name back into the hash.
 */
export function losesNames(codec: string, value: unknown): boolean {
  return codec !== 'cbor' && hasUnknownNames(value)
}

function hasUnknownNames(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasUnknownNames)
  if (value instanceof Map) return [...value].flat().some(hasUnknownNames)
  return (
    isPlainObject(value) && Object.entries(value).some(([key, item]) => isNameOfUnknown(key) || hasUnknownNames(item))
  )
}
