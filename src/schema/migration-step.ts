import { SessionConfigError, SessionValidationError, type ValidationIssue } from '../core/errors.js'
import { describeShape } from '../core/shape.js'
import { disown, isThenable } from '../core/thenable.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { copyValue, freezeOwned } from '../core/value.js'
import type { SchemaModel } from './definition.js'
import type { TypedValue } from './key.js'

/** Stored values as one schema sees them. */
export interface SchemaView {
  readonly data: Map<string, TypedValue>
  /** What the schema does not know or does not accept, as it was stored. */
  readonly carried: Map<string, unknown>
  /** Which of the carried ones it knows. */
  readonly invalid: readonly string[]
}

export function viewOf(model: SchemaModel, stored: Iterable<readonly [string, unknown]>): SchemaView {
  const data = new Map<string, TypedValue>()
  const carried = new Map<string, unknown>()
  const invalid: string[] = []
  for (const [key, value] of stored) {
    // Undefined never counts as a value: earlier releases stored it.
    if (value === undefined) continue
    const known = model.keys.get(key)
    const typed = known?.fromStored(value)
    if (typed) data.set(key, typed)
    else carried.set(key, value)
    if (known && !typed) invalid.push(key)
  }
  return { data, carried, invalid }
}

/** What a migration gets: a frozen copy, so that it cannot reach what is carried. Defaults as in a session, but for `bare` keys. */
export function argumentOf(
  model: SchemaModel,
  data: ReadonlyMap<string, TypedValue>,
  types: TypeRegistry | undefined,
  bare?: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  const defaults = model.defaulted.filter(({ name }) => !data.has(name) && !bare?.has(name))
  const old = Object.fromEntries([
    ...defaults.map((key) => [key.name, copyValue(key.default().value, types)] as const),
    ...[...data].map(([key, { value }]) => [key, copyValue(value, types)] as const),
  ])
  freezeOwned(old)
  return old
}

interface StepResult {
  readonly data: Map<string, TypedValue>
  /** The keys that the migration says are absent. */
  readonly absent: ReadonlySet<string>
  /** What the target schema refuses. */
  readonly issues: readonly ValidationIssue[]
}

/** Why a migration gave nothing, in words that follow "The migration ...". */
export class StepFailure {
  readonly what: string
  readonly because: { readonly cause?: unknown }

  constructor(what: string, because: { readonly cause?: unknown } = {}) {
    this.what = what
    this.because = because
  }
}

/** Runs a migration and validates each key of its result with the target schema. @throws SessionConfigError for an async check */
export function runStep(
  up: (old: never) => unknown,
  old: Readonly<Record<string, unknown>>,
  target: SchemaModel,
): StepResult | StepFailure {
  let result: unknown
  try {
    result = up(old as never)
  } catch (cause) {
    return new StepFailure('threw an exception (see cause)', { cause })
  }
  if (isThenable(result)) {
    disown(result)
    return new StepFailure('is async, but sessions are read synchronously; make it synchronous')
  }
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    return new StepFailure(`returned ${describeShape(result)} instead of an object with keys of the next schema`)
  }
  const data = new Map<string, TypedValue>()
  const absent = new Set<string>()
  const issues: ValidationIssue[] = []
  for (const [key, value] of Object.entries(result)) {
    const known = target.keys.get(key)
    if (value === undefined) absent.add(key)
    else if (!known) issues.push({ path: key, expected: 'no such key', received: describeShape(value) })
    else {
      try {
        data.set(key, known.fromApp(value))
      } catch (error) {
        if (error instanceof SessionConfigError) throw error
        if (error instanceof SessionValidationError) issues.push(...error.issues)
        else issues.push({ path: key, expected: 'a value that can be stored', received: describeShape(value) })
      }
    }
  }
  return { data, absent, issues }
}
