import * as z from 'zod/v4/core'
import { systemClock } from '../core/clock.js'
import { SessionConfigError, SessionError, SessionValidationError } from '../core/errors.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { copyValue, sameValue } from '../core/value.js'
import { invalidValues, toValidationIssues } from './issues.js'
import { MERGE_RULES, type MergeRule } from './merge.js'
import { defOf, isCodec, lazyTarget, someSchema } from './walk.js'

/** A value in both its forms: as the app sees it and as the codec stores it. They are one where no z.codec is involved. */
export interface TypedValue {
  readonly value: unknown
  readonly stored: unknown
  /** Makes the value anew from its stored form; undefined where that is the value itself. */
  readonly decode?: ((stored: unknown) => unknown) | undefined
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
  const lent = twoSided || lends(schema)

  function fail(value: unknown, issues: readonly z.$ZodIssue[]): never {
    throw invalidValues(label, toValidationIssues(issues, name, value))
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
    return { value: decode(stored), stored, decode }
  }

  function decode(stored: unknown): unknown {
    const decoded = guard(name, label, () => z.safeDecode(schema, copyValue(stored, types) as never))
    if (!decoded.success) fail(stored, decoded.error.issues)
    // A codec may give an object that the app goes on to use; so may a default.
    return guard(name, label, () => copyValue(decoded.data, types))
  }

  function fromStored(stored: unknown): TypedValue | undefined {
    try {
      const result = z.safeParse(parser, stored)
      if (!result.success) return undefined
      // The stored form stays as it came: nested keys that only newer code knows survive until this key is set again.
      const value = lent ? copyValue(result.data, types) : result.data
      return { value, stored, decode: twoSided ? decode : undefined }
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
    if (twoSided) return fromApp(result.data)
    const value = guard(name, label, () => copyValue(result.data, types))
    return { value, stored: value }
  }

  let sample: TypedValue | undefined
  let volatile = false
  return {
    name,
    hasDefault,
    merge: mergeRuleOf(schema, name, label),
    fromApp,
    fromStored,
    default() {
      const fresh = freshDefault()
      // zod does not tell a function default from a constant one: other calls do, once the clock has moved on.
      if (!sample) tick()
      sample ??= freshDefault()
      volatile ||= !sameValue(fresh.value, sample.value, types)
      return { ...fresh, volatile }
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

/** Waits for the next millisecond, or about as long where a test has stopped the clock. */
function tick(): void {
  const start = systemClock()
  for (let tries = 0; tries < 100_000 && systemClock() === start; tries++);
}

/** @param above those around it: a schema may hold itself */
function isDefaulted(schema: z.$ZodType, above: readonly z.$ZodType[] = []): boolean {
  if (above.includes(schema)) return false
  const def = defOf(schema)
  const isIt = (part: z.$ZodType | undefined) => part !== undefined && isDefaulted(part, [...above, schema])
  if (def.type === 'default' || def.type === 'prefault') return true
  const wraps =
    def.type === 'optional' ||
    def.type === 'nullable' ||
    def.type === 'readonly' ||
    def.type === 'nonoptional' ||
    def.type === 'catch'
  if (wraps) return isIt(def.innerType)
  if (def.type === 'lazy') return isIt(lazyTarget(schema))
  // The first that takes undefined answers for it.
  if (def.type === 'union') return isIt(def.options?.find(({ _zod }) => _zod.optin !== undefined))
  return def.type === 'pipe' && isIt(def.in)
}

/** Whether reading may give objects of the app itself: what a default inside it, or a `.catch()`, puts in the place of something. */
function lends(schema: z.$ZodType): boolean {
  return someSchema(schema, '', (part) => {
    const { type } = defOf(part)
    return type === 'catch' || (part !== schema && (type === 'default' || type === 'prefault'))
  })
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
