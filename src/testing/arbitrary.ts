import type { Arbitrary } from 'fast-check'
import * as z from 'zod'
import { bigIntOf, dateOf, numberOf, sizeOf, stringOf } from './arbitrary-leaves.js'
import { fc } from './fast-check.js'
import { sameValue } from './same-value.js'

/**
 * Values that the schema gives (its output side), all of which pass `z.encode` and come back from `z.decode` unchanged. Of
 * a schema that cannot be encoded (`preprocess`), values that it parses.
 * @throws Error naming the type when the schema has a part without an arbitrary (a transform, a custom check alone, a file)
 */
export function arbitraryOf<S extends z.core.$ZodType>(schema: S): Arbitrary<z.output<S>> {
  let rejected = 0
  return build(schema, []).filter((value): value is z.output<S> => {
    if (isOutput(schema, value)) {
      rejected = 0
      return true
    }
    if (++rejected > MAX_REJECTED)
      throw new Error(`arbitraryOf: the checks of a ${schema._zod.def.type} refuse nearly everything`)
    return false
  })
}

/** fast-check's filter tries for ever; a schema whose refinements nothing meets should be an error instead. */
const MAX_REJECTED = 5000
/** How often a recursive schema appears below itself. */
const MAX_RECURSION = 2

/** A recursive schema went too deep: the nearest container that may be empty, or union with another option, stops it. */
class TooDeep extends Error {}

function isOutput(schema: z.core.$ZodType, value: unknown): boolean {
  try {
    const encoded = z.safeEncode(schema, value)
    if (!encoded.success) return false
    const decoded = z.safeDecode(schema, encoded.data)
    return decoded.success && sameValue(decoded.data, value)
  } catch {
    return z.safeParse(schema, value).success
  }
}

type Above = readonly z.core.$ZodType[]

function build(schema: z.core.$ZodType, above: Above): Arbitrary<unknown> {
  if (above.filter((other) => other === schema).length >= MAX_RECURSION) throw new TooDeep()
  const def = (schema as z.core.$ZodTypes)._zod.def
  const inside: Above = [...above, schema]
  const inner = (child: z.core.$ZodType) => build(child, inside)
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return stringOf(schema)
    case 'number':
      return numberOf(schema)
    case 'bigint':
      return bigIntOf(schema)
    case 'boolean':
      return fc.boolean()
    case 'date':
      return dateOf(schema)
    case 'null':
      return fc.constant(null)
    case 'undefined':
    case 'void':
      return fc.constant(undefined)
    case 'nan':
      return fc.constant(Number.NaN)
    case 'any':
    case 'unknown':
      return anything()
    case 'literal':
      return fc.constantFrom<unknown>(...def.values)
    case 'enum':
      return fc.constantFrom<unknown>(...enumValues(def.entries))
    case 'optional':
      return orElse(() => fc.option(inner(def.innerType), { nil: undefined }), fc.constant(undefined))
    case 'nullable':
      return orElse(() => fc.option(inner(def.innerType), { nil: null }), fc.constant(null))
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return inner(def.innerType)
    case 'lazy':
      return inner(def.getter())
    case 'pipe':
      return inner(def.out)
    case 'array':
      return collection(
        schema,
        () => inner(def.element),
        (element, size) => fc.array(element, size),
      )
    case 'set':
      return collection(
        schema,
        () => inner(def.valueType),
        (element, size) => distinct(element, size).map((items) => new Set(items)),
      )
    case 'map':
      return collection(
        schema,
        () => fc.tuple(inner(def.keyType), inner(def.valueType)),
        (entry, size) => distinct(entry, size, ([key]) => key).map((entries) => new Map(entries)),
      )
    case 'record':
      return recordOf(schema, def, inner)
    case 'tuple':
      return tupleOf(def, inner)
    case 'object':
      return objectOf(def.shape, inner)
    case 'union':
      return unionOf(def.options, inner)
    case 'intersection':
      return fc.tuple(inner(def.left), inner(def.right)).map(([left, right]) => mergeObjects(left, right))
    default:
      throw new Error(`arbitraryOf has no arbitrary for a schema of type ${(def as { type: string }).type}`)
  }
}

/** What `any` and `unknown` may hold: JSON and a few kinds that only rich codecs carry. */
const anything = (): Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    { weight: 1, arbitrary: fc.date() },
    { weight: 1, arbitrary: fc.bigInt() },
    {
      weight: 1,
      arbitrary: fc.array(fc.tuple(fc.string(), fc.integer()), { maxLength: 3 }).map((entries) => new Map(entries)),
    },
  )

function orElse(make: () => Arbitrary<unknown>, shallow: Arbitrary<unknown>): Arbitrary<unknown> {
  try {
    return make()
  } catch (error) {
    if (error instanceof TooDeep) return shallow
    throw error
  }
}

interface Size {
  readonly minLength: number
  readonly maxLength: number
}

function collection<T>(
  schema: z.core.$ZodType,
  element: () => Arbitrary<T>,
  wrap: (element: Arbitrary<T>, size: Size) => Arbitrary<unknown>,
): Arbitrary<unknown> {
  const { min, max } = sizeOf(schema)
  const size = { minLength: min, maxLength: Math.min(max, min + 4) }
  try {
    return wrap(element(), size)
  } catch (error) {
    if (!(error instanceof TooDeep) || min > 0) throw error
    return wrap(fc.constant(undefined as T), { minLength: 0, maxLength: 0 })
  }
}

function distinct<T>(
  element: Arbitrary<T>,
  size: Size,
  selector: (item: T) => unknown = (item) => item,
): Arbitrary<T[]> {
  return fc.uniqueArray(element, { ...size, selector, comparator: 'SameValueZero' })
}

function recordOf(
  schema: z.core.$ZodType,
  def: z.core.$ZodRecordDef,
  inner: (child: z.core.$ZodType) => Arbitrary<unknown>,
) {
  const keys = (def.keyType as z.core.$ZodTypes)._zod.def
  // A record over an enum must have every key.
  const fixed = keys.type === 'enum' ? enumValues(keys.entries) : keys.type === 'literal' ? keys.values : undefined
  if (fixed) {
    return fc
      .tuple(...fixed.map(() => inner(def.valueType)))
      .map((values) => Object.fromEntries(fixed.map((key, i) => [key, values[i]])))
  }
  return collection(
    schema,
    () => fc.tuple(inner(def.keyType), inner(def.valueType)),
    (entry, size) =>
      distinct(entry, size, ([key]) => key).map((entries) =>
        Object.fromEntries(entries.map(([key, value]) => [String(key), value])),
      ),
  )
}

function tupleOf(def: z.core.$ZodTupleDef, inner: (child: z.core.$ZodType) => Arbitrary<unknown>): Arbitrary<unknown> {
  const items = fc.tuple(...def.items.map(inner))
  if (!def.rest) return items
  return fc.tuple(items, fc.array(inner(def.rest), { maxLength: 3 })).map(([head, rest]) => [...head, ...rest])
}

const ABSENT = Symbol('absent')

/** Keys in the order of the shape, as zod gives them; optional ones may be missing. */
function objectOf(shape: z.core.$ZodShape, inner: (child: z.core.$ZodType) => Arbitrary<unknown>): Arbitrary<unknown> {
  const keys = Object.keys(shape)
  const values = keys.map((key) => {
    const child = shape[key] as z.core.$ZodType
    const mayMiss = child._zod.optout === 'optional'
    return mayMiss ? orElse(() => fc.option(inner(child), { nil: ABSENT }), fc.constant(ABSENT)) : inner(child)
  })
  return fc.tuple(...values).map((made) => {
    const object: Record<string, unknown> = {}
    keys.forEach((key, i) => {
      if (made[i] !== ABSENT) object[key] = made[i]
    })
    return object
  })
}

function unionOf(
  options: readonly z.core.$ZodType[],
  inner: (child: z.core.$ZodType) => Arbitrary<unknown>,
): Arbitrary<unknown> {
  const made: Arbitrary<unknown>[] = []
  for (const option of options) {
    try {
      made.push(inner(option))
    } catch (error) {
      if (!(error instanceof TooDeep)) throw error
    }
  }
  if (made.length === 0) throw new TooDeep()
  return fc.oneof(...made)
}

function mergeObjects(left: unknown, right: unknown): unknown {
  if (typeof left !== 'object' || typeof right !== 'object')
    throw new Error('arbitraryOf makes only intersections of objects')
  return { ...left, ...right }
}

/** A numeric TypeScript enum also maps its numbers back to names. */
function enumValues(entries: z.core.util.EnumLike): unknown[] {
  const numbers = new Set(
    Object.values(entries)
      .filter((value) => typeof value === 'number')
      .map(String),
  )
  return Object.entries(entries)
    .filter(([key]) => !numbers.has(key))
    .map(([, value]) => value)
}
