import { SessionError } from './errors.js'
import type { TypeRegistry } from './type-registry.js'

/**
 * Copies, freezes and compares session values. Plain objects and arrays can be frozen for good; built-ins with inner state
 * (Date, Map, Set, typed arrays) cannot, so they are handed out as copies.
 */

/** Deeper than any real session, and where cyclic values end instead of overflowing the stack. */
const MAX_DEPTH = 256

/**
 * A deep copy. Plain objects and arrays come back extensible. An instance of one of the app's own classes (one that
 * extends a built-in class too) is encoded and decoded again when its class is in `types`, else it stays the same instance.
 */
export function copyValue<T>(value: T, types?: TypeRegistry): T {
  return copy(value, types, 0) as T
}

/** Freezes the plain objects and arrays of a value that the caller owns. True when nothing mutable is left in it. */
export function freezeOwned(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (Array.isArray(value)) {
    let pure = true
    for (const item of value) if (!freezeOwned(item)) pure = false
    Object.freeze(value)
    return pure
  }
  if (isPlainObject(value)) {
    let pure = true
    for (const key in value) if (!freezeOwned(value[key])) pure = false
    Object.freeze(value)
    return pure
  }
  if (value instanceof Map) {
    for (const [key, item] of value) {
      freezeOwned(key)
      freezeOwned(item)
    }
  } else if (value instanceof Set) {
    for (const item of value) freezeOwned(item)
  }
  return false
}

/**
 * Whether two values are certainly the same. Instances of classes in `types` are when their encoded forms are. Errs towards
 * "different": an instance of any other class equals only itself, because its private state cannot be seen
 * (`util.isDeepStrictEqual` calls two such values equal).
 * @param unseen what to answer for two instances of one class that cannot be looked into. @default false
 */
export function sameValue(a: unknown, b: unknown, types?: TypeRegistry, unseen = false): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b, types, unseen)
  if (isPlainObject(a)) return isPlainObject(b) && sameProperties(a, b, types, unseen)
  const type = types?.of(a)
  if (type) return sameValue(type.encode(a), type.encode(b), types, unseen)
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof Map) return sameItems([...a], [...(b as Map<unknown, unknown>)], types, unseen)
  if (a instanceof Set) return sameItems([...a], [...(b as Set<unknown>)], types, unseen)
  if (a instanceof URL) return a.href === (b as URL).href
  if (a instanceof RegExp) return a.source === (b as RegExp).source && a.flags === (b as RegExp).flags
  if (isTypedArray(a)) return isTypedArray(b) && sameItems([...a], [...b], undefined)
  return unseen
}

/** For looking at values of any kind. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}

/** An object with names, of whatever class, that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value)
}

export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

type TypedArray = Uint8Array | Int32Array | Float64Array | BigInt64Array

function isTypedArray(value: object): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

function copy(value: unknown, types: TypeRegistry | undefined, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) {
    throw new SessionError(
      'ERR_SESSION_VALIDATION',
      `A session value is cyclic or nested deeper than ${MAX_DEPTH} levels. Store a flat value, or a reference to it.`,
    )
  }
  if (Array.isArray(value)) return value.map((item) => copy(item, types, depth + 1))
  if (isPlainObject(value)) return copyObject(value, types, depth)
  const type = types?.of(value)
  // The encoded form is copied too: an encode may hand out what the instance holds.
  if (type) return type.decode(copy(type.encode(value), types, depth + 1))
  // By prototype: a copy of a subclass would be one of its parent.
  switch (Object.getPrototypeOf(value)) {
    case Date.prototype:
      return new Date(value as Date)
    case Map.prototype:
      return new Map(
        [...(value as Map<unknown, unknown>)].map(([k, v]) => [copy(k, types, depth + 1), copy(v, types, depth + 1)]),
      )
    case Set.prototype:
      return new Set([...(value as Set<unknown>)].map((item) => copy(item, types, depth + 1)))
    case URL.prototype:
      return new URL(value as URL)
    case RegExp.prototype:
      return new RegExp(value as RegExp)
    default:
  }
  // A Buffer's own slice is a view of the same memory.
  if (isTypedArray(value)) return Uint8Array.prototype.slice.call(value)
  return value
}

function copyObject(
  value: Record<string, unknown>,
  types: TypeRegistry | undefined,
  depth: number,
): Record<string, unknown> {
  const result = Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>
  for (const key of Object.keys(value)) {
    const item = copy(value[key], types, depth + 1)
    // Assignment would run the setter and change the prototype.
    if (key === '__proto__')
      Object.defineProperty(result, key, { value: item, enumerable: true, writable: true, configurable: true })
    else result[key] = item
  }
  return result
}

function sameItems(
  a: ArrayLike<unknown>,
  b: ArrayLike<unknown>,
  types: TypeRegistry | undefined,
  unseen = false,
): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i], types, unseen)) return false
  return true
}

function sameProperties(
  a: Record<string, unknown>,
  b: Record<string, unknown>,
  types: TypeRegistry | undefined,
  unseen: boolean,
): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key], types, unseen))
}
