import type * as z from 'zod/v4/core'

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

/** What a z.lazy stands for; the same schema each time, which its getter does not promise. */
export function lazyTarget(schema: z.$ZodType): z.$ZodType {
  return (schema as z.$ZodLazy)._zod.innerType
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
    ['', def.type === 'lazy' ? lazyTarget(schema) : undefined],
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
