import { refusalOf } from './describe.js'
import { mapStep } from './path.js'
import { Refusal } from './refusal.js'
import type { Visit } from './walk.js'

/** The prototypes of the typed arrays every codec with binary support carries. Buffer has its own, so it is not one. */
export const typedArrays = [
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigUint64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
] as const

export const errorTypes = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError] as const

export const errorPrototypes: readonly object[] = errorTypes.map((type) => type.prototype as object)

/** An Error in plain form: its class, its own message if it has one, its cause if it has one. The stack is left behind. */
export type PlainError = [name: string, message: string | null, ...cause: unknown[]]

/**
 * The plain form of an Error of a built-in class. The stack is not carried: it names files of the machine that wrote it.
 * @throws Refusal when the message is not a string
 */
export function fromError(error: Error, visit: Visit): PlainError {
  const name = errorTypes.find((type) => type.prototype === Object.getPrototypeOf(error))?.name ?? 'Error'
  const message: unknown = Object.hasOwn(error, 'message') ? error.message : null
  if (message !== null && typeof message !== 'string')
    throw new Refusal('an Error whose message is not a string', 'mend it')
  visit(message, 'message')
  return Object.hasOwn(error, 'cause') ? [name, message, visit(error.cause, 'cause')] : [name, message]
}

/** Throws on anything that `fromError` does not produce. */
export function toError(plain: unknown): Error {
  if (!Array.isArray(plain) || plain.length < 2 || plain.length > 3) throw new TypeError('not an Error in plain form')
  const [name, message, cause] = plain as PlainError
  const type = errorTypes.find((candidate) => candidate.name === name)
  if (type === undefined || (message !== null && typeof message !== 'string'))
    throw new TypeError('not an Error in plain form')
  const options = plain.length === 3 ? { cause } : undefined
  const error = message === null ? new type(undefined, options) : new type(message, options)
  // Otherwise it would be this decoder's stack, which says nothing about the error.
  Object.defineProperty(error, 'stack', { value: String(error), writable: true, configurable: true })
  return error
}

/** The Map itself when nothing in it has to be written differently, else a changed copy. */
export function visitMap(map: Map<unknown, unknown>, visit: Visit): Map<unknown, unknown> {
  let changed = false
  let i = 0
  const entries: [unknown, unknown][] = []
  Map.prototype.forEach.call(map, (value, key) => {
    const entry: [unknown, unknown] = [visit(key, mapStep('key', i)), visit(value, mapStep('value', i))]
    changed ||= !Object.is(entry[0], key) || !Object.is(entry[1], value)
    entries.push(entry)
    i++
  })
  return changed ? new Map(entries) : map
}

/** The items of a Set as they should be written, or undefined when the Set can be written as it is. */
export function visitSet(set: Set<unknown>, visit: Visit): unknown[] | undefined {
  let changed = false
  const items: unknown[] = []
  Set.prototype.forEach.call(set, (item) => {
    const result = visit(item, items.length)
    changed ||= !Object.is(result, item)
    items.push(result)
  })
  return changed ? items : undefined
}

/** For walks that only check: every built-in class here, each visited to its end. Throws on what only inherits from one. */
export const builtInChecks: ReadonlyMap<object, (value: never, visit: Visit) => unknown> = new Map<
  object,
  (value: never, visit: Visit) => unknown
>([
  [Date.prototype, (date: Date) => Date.prototype.getTime.call(date)],
  [Map.prototype, (map: Map<unknown, unknown>, visit) => visitMap(map, visit)],
  [Set.prototype, (set: Set<unknown>, visit) => visitSet(set, visit)],
  [RegExp.prototype, (pattern: RegExp, visit) => visit(pattern.source, 'source')],
  [URL.prototype, (url: URL) => url.href],
  ...typedArrays.map((type): [object, (value: object) => unknown] => [type.prototype, checkView]),
  ...errorPrototypes.map((prototype): [object, (error: Error, visit: Visit) => unknown] => [prototype, fromError]),
])

/** Refuses what only inherits from a typed array. */
function checkView(array: object): void {
  if (!ArrayBuffer.isView(array)) throw refusalOf(array)
}
