import type { TypeRegistry } from '../../core/type-registry.js'
import { isPlainObject } from '../../core/value.js'
import type { Entry } from './contents.js'

/** Its pointers, header and place in whatever holds it, on average. Measured with V8 of Node 20 to 24, rounded up. */
const OBJECT = 72
const SLOT = 16
const BOXED = 160

const known = new WeakMap<Entry, number>()

/**
 * About how many bytes of memory an entry takes; Infinity for one that must not outlive its request, because what the app gets
 * of it is the instance itself (an Error, for instance), which it can change. Worked out once.
 */
export function weightOf(entry: Entry, types: TypeRegistry | undefined): number {
  let weight = known.get(entry)
  if (weight === undefined) {
    const { value, stored } = entry
    // Two objects, which share their texts and numbers.
    weight = OBJECT + weigh(value, types) + (stored === value ? 0 : weigh(stored, types) / 2)
    known.set(entry, weight)
  }
  return weight
}

/** What is a case of its own here is what `copyValue` copies: all else is one instance for everybody. */
function weigh(value: unknown, types: TypeRegistry | undefined): number {
  if (typeof value === 'string') return SLOT + 2 * value.length
  if (typeof value === 'bigint') return SLOT + value.toString(16).length
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? Number.POSITIVE_INFINITY : SLOT
  if (Array.isArray(value)) return weighAll(value, types)
  if (isPlainObject(value)) return weighAll(Object.values(value), types)
  const type = types?.of(value)
  if (type) return BOXED + 2 * weigh(type.encode(value), types)
  switch (Object.getPrototypeOf(value)) {
    case Date.prototype:
    case RegExp.prototype:
      return BOXED
    case URL.prototype:
      return 4 * BOXED + 4 * (value as URL).href.length
    case Map.prototype:
      return 2 * weighAll([...(value as Map<unknown, unknown>).entries()].flat(), types)
    case Set.prototype:
      return 2 * weighAll(value as Set<unknown>, types)
    default:
      return ArrayBuffer.isView(value) && !(value instanceof DataView)
        ? BOXED + value.byteLength
        : Number.POSITIVE_INFINITY
  }
}

function weighAll(values: Iterable<unknown>, types: TypeRegistry | undefined): number {
  let weight = OBJECT
  for (const value of values) weight += SLOT + weigh(value, types)
  return weight
}
