import type * as z from 'zod/v4/core'
import type { KeyShape } from '../core/key-shape.js'
import { defOf, lazyTarget } from './walk.js'

/**
 * The object positions of a schema's stored side, for codecs that make use of known key names. The options of a union, the
 * sides of an intersection and the items of a tuple are merged, so that a position knows every name that may occur there:
 * an object that becomes a union later still reads what was written before. Nothing is said about records and Maps.
 */
export function keyShapeOf(schema: z.$ZodType): KeyShape | undefined {
  return createShapes()([schema])
}

interface Shape {
  keys?: Record<string, KeyShape | undefined>
  items?: KeyShape
}

function createShapes() {
  // A position is known by the objects and arrays it may hold, and a finite schema has finitely many such sets: so a
  // recursive schema ends in a shape that was begun already, and becomes a cycle.
  const begun = new Map<string, Shape | undefined>()
  const numbers = new Map<z.$ZodType, number>()

  function numberOf(schema: z.$ZodType): number {
    const number = numbers.get(schema) ?? numbers.size
    numbers.set(schema, number)
    return number
  }

  return function shapeOf(schemas: readonly z.$ZodType[]): KeyShape | undefined {
    const found = new Set<z.$ZodType>()
    for (const schema of schemas) addContainers(schema, found, new Set())
    const containers = [...found]
    if (containers.length === 0) return undefined
    const position = containers
      .map(numberOf)
      .sort((a, b) => a - b)
      .join()
    if (begun.has(position)) return begun.get(position)
    const shape: Shape = {}
    begun.set(position, shape)
    const objects = containers.map((container) => defOf(container).shape).filter((object) => object !== undefined)
    if (objects.length > 0) {
      const names = new Set(objects.flatMap((object) => Object.keys(object)))
      shape.keys = Object.fromEntries(
        [...names].map((name) => [
          name,
          shapeOf(objects.flatMap((object) => (Object.hasOwn(object, name) ? (object[name] ?? []) : []))),
        ]),
      )
    }
    const items = shapeOf(containers.flatMap(elementsOf))
    if (items) shape.items = items
    if (shape.keys || shape.items) return shape
    begun.set(position, undefined)
    return undefined
  }
}

const TRANSPARENT = new Set(['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly', 'catch'])

/** The objects, arrays and tuples that a schema's stored side may be. */
function addContainers(schema: z.$ZodType, found: Set<z.$ZodType>, seen: Set<z.$ZodType>): void {
  if (seen.has(schema)) return
  seen.add(schema)
  const def = defOf(schema)
  const add = (part: z.$ZodType | undefined) => part && addContainers(part, found, seen)
  if (def.type === 'object' || def.type === 'array' || def.type === 'tuple') found.add(schema)
  else if (TRANSPARENT.has(def.type)) add(def.innerType)
  else if (def.type === 'union') def.options?.forEach(add)
  else if (def.type === 'intersection') [def.left, def.right].forEach(add)
  else if (def.type === 'pipe') add(def.in)
  else if (def.type === 'lazy') add(lazyTarget(schema))
}

function elementsOf(container: z.$ZodType): z.$ZodType[] {
  const def = defOf(container)
  if (def.type === 'array') return def.element ? [def.element] : []
  if (def.type === 'tuple') return [...(def.items ?? []), ...(def.rest ? [def.rest] : [])]
  return []
}
