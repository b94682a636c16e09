import * as z from 'zod/v4/core'
import { SessionConfigError, SessionError, SessionValidationError } from '../core/errors.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { copyValue, sameValue } from '../core/value.js'
import { formatIssues, toValidationIssues } from './issues.js'
import { MERGE_RULES, type MergeRule } from './merge.js'
import { defOf, isCodec, someSchema } from './walk.js'

/** A value in both its forms: as the app sees it and as the codec stores it. They are one where no z.codec is involved. */
export interface TypedValue {
  readonly value: unknown
  readonly stored: unknown
}

/** One key of a schema. */
export interface KeyModel {
  readonly name: string
  readonly hasDefault: boolean
  /** How a `set` meets what another request has stored meanwhile. `last` unless the schema's metadata says otherwise. */
  readonly merge: MergeRule
  /** A new default value, and whether it differs from call to call (a function default), so that it must be kept. */
  default(): TypedValue & { readonly volatile: boolean }
  /** Validates a value that the app wrote. The result shares nothing with it. @throws SessionValidationError */
  fromApp(value: unknown): TypedValue
  /** Validates a value that was stored; undefined when the schema no longer accepts it. The result may share memory with it. */
  fromStored(stored: unknown): TypedValue | undefined
}

export function createKeyModel(name: string, schema: z.$ZodType, label: string, types?: TypeRegistry): KeyModel {
  const twoSided = someSchema(schema, name, isCodec)
  const parser = compiled(schema)
  const hasDefault = isDefaulted(schema)

  function fail(value: unknown, issues: readonly z.$ZodIssue[]): never {
    const found = toValidationIssues(issues, name, value)
    throw new SessionValidationError(`Invalid value for ${label}: ${formatIssues(found)}.`, found)
  }

  function fromApp(value: unknown): TypedValue {
    if (value === undefined && hasDefault) {
      const issue = { path: name, expected: 'a value', received: 'undefined' }
      throw new SessionValidationError(
        `Invalid value for ${label}: \`${name}\` has a default and cannot be set to undefined. Call delete('${name}') to return to the default.`,
        [issue],
      )
    }
    if (!twoSided) {
      const result = guard(name, label, () => z.safeParse(parser, value))
      if (!result.success) fail(value, result.error.issues)
      const own = guard(name, label, () => copyValue(result.data, types))
      return { value: own, stored: own }
    }
    const encoded = guard(name, label, () => z.safeEncode(schema, value as never))
    if (!encoded.success) fail(value, encoded.error.issues)
    const stored = guard(name, label, () => copyValue(encoded.data, types))
    // What the app sees now is what it will read later: codecs may round or normalise.
    const decoded = guard(name, label, () => z.safeDecode(schema, copyValue(stored, types) as never))
    if (!decoded.success) fail(value, decoded.error.issues)
    return { value: decoded.data, stored }
  }

  function fromStored(stored: unknown): TypedValue | undefined {
    try {
      const result = z.safeParse(parser, stored)
      if (!result.success) return undefined
      // The stored form stays as it came: nested keys that only newer code knows survive until this key is set again.
      return { value: result.data, stored }
    } catch (error) {
      if (error instanceof z.$ZodAsyncError) throw asyncSchema(name, label)
      // An exception out of the app's own codec or refinement: to the schema this value is not valid.
      return undefined
    }
  }

  function freshDefault(): TypedValue {
    const result = z.safeParse(schema, undefined)
    if (!result.success)
      throw new SessionConfigError(`The default of key \`${name}\` of ${label} is not valid by its own schema.`)
    return twoSided ? fromApp(result.data) : { value: result.data, stored: result.data }
  }

  let volatile: boolean | undefined
  return {
    name,
    hasDefault,
    merge: mergeRuleOf(schema, name, label),
    fromApp,
    fromStored,
    default() {
      const first = freshDefault()
      // zod does not tell a function default from a constant one: two calls do. Clock values may coincide, so Dates count as volatile.
      volatile ??= first.value instanceof Date || !sameValue(first.value, freshDefault().value, types)
      return { ...first, volatile }
    },
  }
}

/** `z.number().meta({ zession: { merge: 'sum' } })`, also below wrappers such as `.default()`. */
function mergeRuleOf(schema: z.$ZodType, name: string, label: string): MergeRule {
  const { zession } = (z.globalRegistry.get(schema) ?? {}) as { readonly zession?: unknown }
  if (zession === undefined) {
    const { innerType } = defOf(schema)
    return innerType ? mergeRuleOf(innerType, name, label) : 'last'
  }
  const { merge } = Object(zession) as { readonly merge?: unknown }
  const rule = MERGE_RULES.find((known) => known === merge)
  if (rule) return rule
  throw new SessionConfigError(
    `The metadata of key \`${name}\` of ${label} names no rule for merging. Write .meta({ zession: { merge: ... } }) with ${MERGE_RULES.join(', ')}.`,
  )
}

function isDefaulted(schema: z.$ZodType): boolean {
  const def = defOf(schema)
  if (def.type === 'default' || def.type === 'prefault') return true
  const wraps =
    def.type === 'optional' || def.type === 'nullable' || def.type === 'readonly' || def.type === 'nonoptional'
  if (wraps && def.innerType) return isDefaulted(def.innerType)
  return def.type === 'pipe' && def.in !== undefined && isDefaulted(def.in)
}

/** z.compile is three times as fast as parse, where this zod has it (4.5 and later). */
function compiled(schema: z.$ZodType): z.$ZodType {
  const compile = (z as { compile?: (schema: z.$ZodType) => z.$ZodType }).compile
  return compile ? compile(schema) : schema
}

function guard<T>(name: string, label: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof z.$ZodAsyncError) throw asyncSchema(name, label)
    if (error instanceof SessionError) throw error
    const issue = { path: name, expected: 'a value its codec or check can handle', received: 'an exception' }
    throw new SessionValidationError(
      `Invalid value for ${label}: a check, codec or registered type of \`${name}\` threw an exception (see cause).`,
      [issue],
      { cause: error },
    )
  }
}

function asyncSchema(name: string, label: string): SessionConfigError {
  return new SessionConfigError(
    `Key \`${name}\` of ${label} has an async check or codec, but sessions are validated synchronously. Make it synchronous.`,
  )
}
