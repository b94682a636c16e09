import * as z from 'zod/v4/core'
import { systemClock } from '../core/clock.js'
import { SessionConfigError, SessionError, SessionValidationError } from '../core/errors.js'
import { findLost } from '../core/lost.js'
import { describeShape } from '../core/shape.js'
import { isThenable } from '../core/thenable.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { UndefinedInside, withoutUndefined } from '../core/undefined.js'
import { copyValue, sameValue } from '../core/value.js'
import { formatPath, invalidValues, toValidationIssues } from './issues.js'
import { MERGE_RULES, type MergeRule } from './merge.js'
import { defOf, isCodec, lazyTarget, someSchema } from './walk.js'

/** A value in both its forms: as the app sees it and as the codec stores it. They are one where no z.codec is involved. */
export interface TypedValue {
  readonly value: unknown
  readonly stored: unknown
  /** Makes the value anew from its stored form; undefined where that is the value itself. */
  readonly decode?: ((stored: unknown) => unknown) | undefined
}

/** How a stored value of one key becomes bytes, and what is read of them. */
export interface Carry {
  /** @throws CodecError with the path of what cannot be carried */
  encode(stored: unknown): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/** One key of a schema. */
export interface KeyModel {
  readonly name: string
  readonly hasDefault: boolean
  /** Whether undefined, which is absent, may be set. */
  readonly optional: boolean
  /** How a `set` meets what another request has stored meanwhile. Without a rule in the schema's metadata it is as `last`. */
  readonly merge: MergeRule | undefined
  /** Whether reading a stored value has the same result each time: it runs no code of the app, and gives it nothing of the app's. */
  readonly isSteady: boolean
  /** A new default value, and whether it differs from call to call (a function default), so that it must be kept. */
  default(): TypedValue & { readonly volatile: boolean }
  /**
   * Validates a value that the app wrote, and makes sure that it will be read as what this gives. The result shares nothing
   * with it; where it is undefined, the key is to be absent.
   * @param carry the codec it will be stored with, if that is known
   * @throws SessionValidationError, CodecError
   */
  fromApp(value: unknown, carry?: Carry): TypedValue
  /** Validates a value that was stored; undefined when the schema no longer accepts it. The result may share memory with it. */
  fromStored(stored: unknown): TypedValue | undefined
}

/** What a value is that is not there. */
const ABSENT: TypedValue = { value: undefined, stored: undefined }

export function createKeyModel(name: string, schema: z.$ZodType, label: string, types?: TypeRegistry): KeyModel {
  const twoSided = someSchema(schema, name, isCodec)
  const parser = compiled(schema)
  const hasDefault = isDefaulted(schema)
  const lent = twoSided || lends(schema)

  function fail(value: unknown, issues: readonly z.$ZodIssue[]): never {
    throw invalidValues(label, toValidationIssues(issues, name, value))
  }

  function refuse(path: readonly unknown[], expected: string, received: unknown, value: unknown): never {
    const issue = { path: formatPath(name, value, path), expected, received: describeShape(received) }
    throw invalidValues(label, [issue])
  }

  function fromApp(value: unknown, carry?: Carry): TypedValue {
    if (value === undefined && hasDefault) {
      const issue = { path: name, expected: 'a value', received: 'undefined' }
      throw new SessionValidationError(
        `Invalid value for ${label}: \`${name}\` has a default and cannot be set to undefined. Call delete('${name}') to return to the default.`,
        [issue],
      )
    }
    const given = toStored(value)
    if (!given.success) fail(value, given.error.issues)
    if (value === undefined) return ABSENT
    if (given.data === undefined) refuse([], 'a value that can be stored: undefined is absent', given.data, value)
    const kept = guard(name, label, () => definedOnly(given.data))
    const bytes = guard(name, label, () => carry?.encode(kept))
    // Reading it now is what the next request will do: what that would hide or change must not be stored.
    const stored = guard(name, label, () => (carry && bytes ? carry.decode(bytes) : copyValue(kept, types)))
    const typed = readBack(stored, value)
    const again = twoSided ? toStored(typed.value) : { success: true as const, data: typed.value }
    const same = again.success && guard(name, label, () => isSame(definedOnly(again.data), kept, bytes, carry))
    if (!same)
      refuse([], 'a value that is read as it was set: a check, codec or default of the schema changes it', value, value)
    const lost = guard(name, label, () => findLost(value, typed.value))
    if (lost) refuse(lost.path, lost.expected, lost.given, value)
    return typed
  }

  /** The encoded side, and of one-sided schemas what a check or default has made of the value. */
  function toStored(value: unknown): z.util.SafeParseResult<unknown> {
    return guard(name, label, () =>
      twoSided ? z.safeEncode(schema, value as never) : z.safeParse(parser, value),
    ) as z.util.SafeParseResult<unknown>
  }

  function readBack(stored: unknown, value: unknown): TypedValue {
    if (twoSided) return { value: decode(stored), stored, decode }
    const result = guard(name, label, () => z.safeParse(parser, stored))
    if (!result.success) {
      const [issue] = toValidationIssues(result.error.issues, name, stored)
      refuse([], `a value that is accepted again when it is read (${issue?.expected})`, value, value)
    }
    return { value: lent ? guard(name, label, () => copyValue(result.data, types)) : result.data, stored }
  }

  function definedOnly(value: unknown): unknown {
    try {
      return withoutUndefined(value)
    } catch (error) {
      if (!(error instanceof UndefinedInside)) throw error
      return refuse(error.path, 'a value, such as null', undefined, value)
    }
  }

  function isSame(a: unknown, b: unknown, bytes: Uint8Array | undefined, carry: Carry | undefined): boolean {
    if (sameValue(a, b, types)) return true
    // Instances that cannot be looked into, an Error for instance, are the same where their bytes are.
    if (!sameValue(a, b, types, true)) return false
    return carry !== undefined && bytes !== undefined && Buffer.compare(carry.encode(a), bytes) === 0
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

  /** @param again for one that was checked already: only a fresh copy */
  function freshDefault(again: boolean): TypedValue {
    const result = z.safeParse(schema, undefined)
    // A default skips the checks of its schema, which meet it once it is stored.
    if (!result.success || result.data === undefined || isThenable(result.data)) throw badDefault()
    if (again && !twoSided) {
      const value = guard(name, label, () => copyValue(result.data, types))
      return { value, stored: value }
    }
    try {
      return fromApp(result.data)
    } catch (cause) {
      if (cause instanceof SessionValidationError) throw badDefault({ cause })
      throw cause
    }
  }

  function badDefault(options?: { readonly cause: unknown }): SessionConfigError {
    return new SessionConfigError(
      `The default of key \`${name}\` of ${label} is not a value that its schema accepts. A default is a value, or a function that returns one at once.`,
      options,
    )
  }

  /** An app's check that throws, or is async, says so when a value is set. */
  function acceptsUndefined(): boolean {
    try {
      return twoSided ? z.safeEncode(schema, undefined as never).success : z.safeParse(parser, undefined).success
    } catch {
      return false
    }
  }

  let sample: TypedValue | undefined
  let volatile = false
  return {
    name,
    hasDefault,
    optional: !hasDefault && acceptsUndefined(),
    merge: mergeRuleOf(schema, name, label),
    isSteady: !lent && !runsApp(schema),
    fromApp,
    fromStored,
    default() {
      const fresh = freshDefault(sample !== undefined && !volatile)
      // zod does not tell a function default from a constant one: other calls do, once the clock has moved on.
      if (!sample) tick()
      sample ??= freshDefault(false)
      volatile ||= !sameValue(fresh.value, sample.value, types)
      return { ...fresh, volatile }
    },
  }
}

/** `z.number().meta({ zession: { merge: 'sum' } })`, also below wrappers such as `.default()`. */
function mergeRuleOf(schema: z.$ZodType, name: string, label: string): MergeRule | undefined {
  const { zession } = (z.globalRegistry.get(schema) ?? {}) as { readonly zession?: unknown }
  if (zession === undefined) {
    const { innerType } = defOf(schema)
    return innerType ? mergeRuleOf(innerType, name, label) : undefined
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

/** The checks of zod's own that look at nothing but the value. */
const OWN_CHECKS = new Set([
  ...['less_than', 'greater_than', 'multiple_of', 'number_format', 'bigint_format', 'string_format'],
  ...['max_length', 'min_length', 'length_equals', 'max_size', 'min_size', 'size_equals'],
])

/** Whether reading runs a function of the app: a refinement, a type or format of its own. Errs towards yes. */
function runsApp(schema: z.$ZodType): boolean {
  return someSchema(schema, '', (part) => {
    const def = part._zod.def as {
      readonly type: string
      readonly checks?: readonly z.$ZodCheck[]
      readonly fn?: unknown
    }
    const checks = def.checks?.map(({ _zod }) => _zod.def as { readonly check: string; readonly fn?: unknown }) ?? []
    return (
      def.type === 'custom' ||
      [def, ...checks].some(({ fn }) => fn !== undefined) ||
      checks.some(({ check }) => !OWN_CHECKS.has(check))
    )
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
