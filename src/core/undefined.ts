import { isPlainObject } from './value.js'

/** Where a value holds `undefined` in a place that cannot be left out. Map steps are the keys themselves. */
export class UndefinedInside extends Error {
  constructor(readonly path: readonly unknown[]) {
    super('undefined inside an array, Map or Set')
  }
}

/**
 * `undefined` is never stored. A property that has it is left out, which reads the same; as an element of an array, Map or Set
 * it would move or remove others, so there it is refused. The value itself where there is nothing to leave out, else a copy
 * along the changed path only, with everything else that a codec refuses still in it.
 * @throws UndefinedInside
 */
export function withoutUndefined(value: unknown): unknown {
  return visit(value, [])
}

/** Deeper than any codec goes: left to it, which says so with the path. */
const MAX_DEPTH = 200

function visit(value: unknown, path: unknown[]): unknown {
  if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return value
  if (Array.isArray(value)) return visitArray(value, path)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (isPlainObject(value)) return visitPlain(value, path)
  if (prototype === Map.prototype) return visitMap(value as Map<unknown, unknown>, path)
  if (prototype === Set.prototype) return visitSet(value as Set<unknown>, path)
  return value
}

function below(value: unknown, step: unknown, path: unknown[]): unknown {
  path.push(step)
  const result = visit(value, path)
  path.pop()
  return result
}

function element(value: unknown, step: unknown, path: unknown[]): unknown {
  if (value === undefined) throw new UndefinedInside([...path, step])
  return below(value, step, path)
}

function visitPlain(value: Record<string, unknown>, path: unknown[]): unknown {
  let changed: PropertyDescriptorMap | undefined
  for (const key of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (!property || property.get || property.set) continue
    const result = property.value === undefined ? undefined : below(property.value, key, path)
    if (property.value !== undefined && result === property.value) continue
    changed ??= Object.getOwnPropertyDescriptors(value)
    if (result === undefined) delete changed[key]
    else changed[key] = { ...property, value: result }
  }
  return changed ? Object.create(Object.getPrototypeOf(value) as object | null, changed) : value
}

function visitArray(value: readonly unknown[], path: unknown[]): unknown {
  let copy: unknown[] | undefined
  for (let at = 0; at < value.length; at++) {
    // A hole is the codec's to refuse.
    if (value[at] === undefined && !Object.hasOwn(value, at)) return value
    const result = element(value[at], at, path)
    if (result === value[at] || Number.isNaN(result)) continue
    copy ??= Object.defineProperties([], Object.getOwnPropertyDescriptors<object>(value)) as unknown[]
    Object.defineProperty(copy, at, { value: result, enumerable: true, writable: true, configurable: true })
  }
  return copy ?? value
}

function visitMap(map: Map<unknown, unknown>, path: unknown[]): unknown {
  const entries = [...map].map(([key, item]) => [element(key, key, path), element(item, key, path)] as const)
  return entries.every(([key, item]) => map.has(key) && Object.is(map.get(key), item)) ? map : new Map(entries)
}

function visitSet(set: Set<unknown>, path: unknown[]): unknown {
  const items = [...set].map((item, at) => element(item, at, path))
  return items.every((item) => set.has(item)) ? set : new Set(items)
}
