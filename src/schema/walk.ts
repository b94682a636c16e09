import type * as z from 'zod/v4/core'
import type { KeyShape } from '../core/key-shape.js'

/** The parts of zod's internal definitions that walking needs; every kind has some of them. */
interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.$ZodType>>
  readonly element?: z.$ZodType
  readonly innerType?: z.$ZodType
  readonly options?: readonly z.$ZodType[]
  readonly left?: z.$ZodType
  readonly right?: z.$ZodType
  readonly items?: readonly z.$ZodType[]
  readonly rest?: z.$ZodType | null
  readonly keyType?: z.$ZodType
  readonly valueType?: z.$ZodType
  readonly catchall?: z.$ZodType
  readonly in?: z.$ZodType
  readonly out?: z.$ZodType
  readonly getter?: () => z.$ZodType
  readonly transform?: unknown
  readonly reverseTransform?: unknown
}

export function defOf(schema: z.$ZodType): Def {
  return schema._zod.def as unknown as Def
}

/** A codec is a pipe that knows both directions. */
export function isCodec(schema: z.$ZodType): boolean {
  const def = defOf(schema)
  return def.type === 'pipe' && typeof def.reverseTransform === 'function'
}

/** The direct parts of a schema, each with the words that extend a path to it. */
function partsOf(schema: z.$ZodType): (readonly [path: string, part: z.$ZodType])[] {
  const def = defOf(schema)
  const parts: [string, z.$ZodType | null | undefined][] = [
    ...Object.entries(def.shape ?? {}).map(([key, part]): [string, z.$ZodType] => [`.${key}`, part]),
    ['[]', def.element],
    ['', def.innerType],
    ...(def.options ?? []).map((part): [string, z.$ZodType] => ['', part]),
    ['', def.left],
    ['', def.right],
    ...(def.type === 'tuple' ? (def.items ?? []) : []).map((part, i): [string, z.$ZodType] => [`[${i}]`, part]),
    ['[]', def.rest],
    ['{}', def.keyType],
    ['{}', def.valueType],
    ['{}', def.catchall],
    ['', def.in],
    ['', def.out],
    ['', def.type === 'lazy' ? def.getter?.() : undefined],
  ]
  return parts.filter((part): part is [string, z.$ZodType] => part[1] !== undefined && part[1] !== null)
}

/** Visits every part once, also of recursive schemas. `visit` answers true to stop. */
export function someSchema(
  root: z.$ZodType,
  path: string,
  visit: (schema: z.$ZodType, path: string) => boolean,
  seen = new Set<z.$ZodType>(),
): boolean {
  if (seen.has(root)) return false
  seen.add(root)
  if (visit(root, path)) return true
  return partsOf(root).some(([step, part]) => someSchema(part, path + step, visit, seen))
}

const TRANSPARENT = new Set(['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly', 'catch'])

/** The object positions of a schema's stored side, for codecs that make use of known key names. */
export function keyShapeOf(schema: z.$ZodType, above: readonly z.$ZodType[] = []): KeyShape | undefined {
  // A recursive schema is described down to where it repeats; below, codecs fall back to plain names.
  if (above.includes(schema)) return undefined
  const here = [...above, schema]
  const def = defOf(schema)
  if (def.type === 'object' && def.shape) {
    return { keys: Object.fromEntries(Object.entries(def.shape).map(([key, part]) => [key, keyShapeOf(part, here)])) }
  }
  if (def.type === 'array' && def.element) {
    const items = keyShapeOf(def.element, here)
    return items && { items }
  }
  if (TRANSPARENT.has(def.type) && def.innerType) return keyShapeOf(def.innerType, here)
  if (def.type === 'pipe' && def.in) return keyShapeOf(def.in, here)
  return undefined
}
