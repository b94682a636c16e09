import { isObject, isPlainObject } from './value.js'

/** The first place where a value that was given holds more than what was kept of it. Map steps are the keys themselves. */
export interface Lost {
  readonly path: readonly unknown[]
  readonly expected: string
  readonly given: unknown
}

/**
 * What a schema or a codec drops in silence: the class of an instance that it turned into its parent or a plain object, and
 * properties that no copy has (symbols, hidden ones, those of a Map or an array). What the schema itself leaves out, an unknown
 * key of a plain object, is not lost.
 * @param kept what would be read; `given` is compared with it place by place
 */
export function findLost(given: unknown, kept: unknown, path: readonly unknown[] = []): Lost | undefined {
  if (given === kept || !isObject(given) || !isObject(kept)) return undefined
  const prototype: unknown = Object.getPrototypeOf(kept)
  const own: unknown = Object.getPrototypeOf(given)
  // A query or a database row often has no prototype, and nothing is lost with it.
  if (own !== prototype && !(own === null && prototype === Object.prototype))
    return { path, expected: `${nameOf(kept)}, which is what would be read`, given }
  if (ArrayBuffer.isView(given)) return hasNamed(given) ? { path, expected: NOTHING_MORE, given } : undefined
  const allowed = ALLOWED.get(prototype as object)
  // An instance of another class: what counts of it is its encoded form.
  if (!allowed && !Array.isArray(kept) && !isPlainObject(kept)) return undefined
  if (hasMore(given, allowed)) return { path, expected: NOTHING_MORE, given }
  for (const [step, child, keptChild] of pairs(given, kept)) {
    if (child === ACCESSOR) return { path: [...path, step], expected: 'no getter or setter', given: undefined }
    const lost = isObject(child) ? findLost(child, keptChild, [...path, step]) : undefined
    if (lost) return lost
  }
  return undefined
}

/** The built-in classes that are copied, each with the own properties that its instances always may have. */
const ALLOWED = new Map<object, readonly string[]>([
  ...[Date, Map, Set, URL].map((type) => [type.prototype as object, []] as const),
  [RegExp.prototype, ['lastIndex']],
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (type) => [type.prototype as object, ['stack', 'message', 'cause']] as const,
  ),
])

const NOTHING_MORE = 'no symbol, hidden or extra properties'

const ACCESSOR = Symbol('accessor')

function hasMore(given: object, allowed: readonly string[] | undefined): boolean {
  if (Object.getOwnPropertySymbols(given).length > 0) return true
  const names = Object.getOwnPropertyNames(given)
  if (allowed) return names.some((name) => !allowed.includes(name))
  const enumerable = Object.keys(given).length
  // An array has a hidden `length`, and no more names than items.
  return Array.isArray(given)
    ? names.length !== enumerable + 1 || enumerable > given.length
    : names.length !== enumerable
}

/** Every element of a typed array is a name, so that a long one is looked at for symbols only. */
function hasNamed(given: ArrayBufferView): boolean {
  if (Object.getOwnPropertySymbols(given).length > 0) return true
  const { length } = given as Uint8Array
  return length <= 4096 && Object.getOwnPropertyNames(given).length > length
}

function* pairs(given: object, kept: object): Generator<readonly [step: unknown, child: unknown, kept: unknown]> {
  if (given instanceof Map && kept instanceof Map) {
    // Keys that became one cannot be distinguished any more.
    if (given.size !== kept.size) return
    const others = kept.entries()
    for (const [key, value] of given) {
      const [otherKey, otherValue] = others.next().value as [unknown, unknown]
      yield [key, key, otherKey]
      yield [key, value, otherValue]
    }
  } else if (given instanceof Set && kept instanceof Set) {
    if (given.size !== kept.size) return
    const others = kept.values()
    let at = 0
    for (const item of given) yield [at++, item, others.next().value]
  } else if (given instanceof Error) yield ['cause', given.cause, (kept as Error).cause]
  else
    for (const key of Object.keys(kept)) {
      const property = Object.getOwnPropertyDescriptor(given, key)
      if (!property) continue
      yield [
        Array.isArray(kept) ? Number(key) : key,
        property.get || property.set ? ACCESSOR : property.value,
        (kept as Record<string, unknown>)[key],
      ]
    }
}

function nameOf(value: object): string {
  if (Array.isArray(value)) return 'an array'
  if (isPlainObject(value)) return 'a plain object'
  return `a ${value.constructor?.name || 'object'} itself`
}
