import * as z from 'zod/v4/core'
import { SessionConfigError } from '../core/errors.js'
import type { KeyShape } from '../core/key-shape.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { isWellFormed } from '../core/well-formed.js'
import { createKeyModel, type KeyModel } from './key.js'
import { createWholeCheck, type WholeCheck } from './refinements.js'
import { keyShapeOf } from './shape.js'
import { defOf, someSchema } from './walk.js'

/** What the rest of the library needs to know of a schema, with no zod in it. */
export interface SchemaModel {
  readonly keys: ReadonlyMap<string, KeyModel>
  /** The keys that have a default, in schema order. */
  readonly defaulted: readonly KeyModel[]
  readonly shape: KeyShape
  /** Runs the cross-field refinements, if there are any, on the data that is present. @throws SessionValidationError */
  readonly checkRefinements: WholeCheck | undefined
}

/**
 * Reads a schema once and refuses what a session cannot keep.
 * @param label how messages call it: `session` or `flash of session`
 * @param types the app's own classes, whose instances are copied and compared by their encoded form
 * @throws SessionConfigError naming the key and the remedy
 */
export function createSchemaModel(schema: z.$ZodObject, label: string, types?: TypeRegistry): SchemaModel {
  assertObjectSchema(schema, label)
  const keys = new Map<string, KeyModel>()
  for (const [name, keySchema] of Object.entries(schema._zod.def.shape)) {
    assertName(name, label)
    assertStorable(keySchema, name, label)
    keys.set(name, createKeyModel(name, keySchema, label, types))
  }
  return {
    keys,
    defaulted: [...keys.values()].filter((key) => key.hasDefault),
    shape: keyShapeOf(schema) ?? {},
    checkRefinements: createWholeCheck(schema, label),
  }
}

function assertObjectSchema(schema: unknown, label: string): asserts schema is z.$ZodObject {
  if (!(schema instanceof z.$ZodObject)) {
    throw new SessionConfigError(
      `The schema of ${label} is not a zod 4 object. Pass z.object({ ... }) of zod ^4.1 or zod/mini; if it is one, two copies of zod are installed: run \`npm ls zod\`.`,
    )
  }
  const catchall = schema._zod.def.catchall
  if (catchall && defOf(catchall).type !== 'never') {
    throw new SessionConfigError(
      `The schema of ${label} accepts unknown keys (z.looseObject or .catchall()), but a session has named keys only. Use z.object({ ... }) and put open data under one key as z.record().`,
    )
  }
}

/** Key names are hashed and written as UTF-8, where two such names may become one. */
function assertName(name: string, label: string): void {
  if (isWellFormed(name)) return
  throw new SessionConfigError(
    `A key name of ${label} has a lone surrogate, so it is no Unicode text: ${JSON.stringify(name)}. Rename it.`,
  )
}

/** Stored is the encoded side of the schema, so everything in it must know the way back. */
function assertStorable(schema: z.$ZodType, name: string, label: string): void {
  someSchema(schema, name, (part, path) => {
    const { type } = defOf(part)
    if (type === 'transform' && !isDirectionOfCodec(part, schema)) {
      throw new SessionConfigError(
        `Key \`${path}\` of ${label} uses a one-way transform (.transform() or z.preprocess()), so what is stored could not be read back. Use z.codec(), which has both directions.`,
      )
    }
    if (type === 'promise' || type === 'success' || type === 'function') {
      throw new SessionConfigError(
        `Key \`${path}\` of ${label} is a z.${type}(), which cannot be stored. Store the value itself.`,
      )
    }
    return false
  })
}

/** Some zod versions build codecs from transforms inside; those know both ways. */
function isDirectionOfCodec(part: z.$ZodType, root: z.$ZodType): boolean {
  return someSchema(root, '', (schema) => {
    const def = defOf(schema)
    return def.type === 'pipe' && typeof def.reverseTransform === 'function' && (def.in === part || def.out === part)
  })
}
