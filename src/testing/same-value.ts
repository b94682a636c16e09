/**
 * Whether two values are the same to every observer, save for identity: type, class, -0, NaN, key order, Map and Set order,
 * `URL.href`, a RegExp's source and flags, an Error's own name, message and cause (not its stack), a typed array's class.
 * Stricter than `isDeepStrictEqual`, which on some Node versions calls two different URLs equal.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (a === b) return true
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameBytes(a, b)
  return sameInside(a, b) && sameProperties(a, b)
}

function sameInside(a: object, b: object): boolean {
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime())
  if (a instanceof RegExp && b instanceof RegExp) return a.source === b.source && a.flags === b.flags
  if (a instanceof URL && b instanceof URL) return a.href === b.href
  if (a instanceof Map && b instanceof Map) return sameValue([...a.keys(), ...a.values()], [...b.keys(), ...b.values()])
  if (a instanceof Set && b instanceof Set) return sameValue([...a], [...b])
  return true
}

function sameProperties(a: object, b: object): boolean {
  const keysA = comparedKeys(a)
  const keysB = comparedKeys(b)
  return (
    keysA.length === keysB.length && keysA.every((key, i) => key === keysB[i] && sameValue(own(a, key), own(b, key)))
  )
}

/** Sorted only for errors: nobody reads the order of an Error's hidden properties, and engines differ in it. */
function comparedKeys(value: object): PropertyKey[] {
  const keys = Reflect.ownKeys(value)
  if (value instanceof Error)
    return keys.filter((key) => key !== 'stack').sort((a, b) => (String(a) < String(b) ? -1 : 1))
  return value instanceof RegExp ? keys.filter((key) => key !== 'lastIndex') : keys
}

function own(value: object, key: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown>)[key]
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength)
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength)
  return left.length === right.length && left.every((byte, i) => byte === right[i])
}
