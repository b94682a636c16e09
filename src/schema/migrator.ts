import { MisdeployError, SessionMigrationError } from '../core/errors.js'
import type { KeyShape } from '../core/key-shape.js'
import type { SchemaModel } from './definition.js'
import { formatIssues } from './issues.js'
import type { TypedValue } from './key.js'
import { lateWrites, withoutOutdated } from './late-writes.js'
import { type ChainOptions, createStages, type Stage } from './migration-chain.js'
import { argumentOf, runStep, type SchemaView, StepFailure, viewOf } from './migration-step.js'
import type { SessionSchema } from './types.js'

/** Stored values of any version as values of the current schema. */
export interface MigratedData {
  /** The keys of the current schema. A new Map. */
  readonly data: Map<string, TypedValue>
  /** Stored values that no key of the current schema stands for, as they were stored: to be written back. */
  readonly carried: Map<string, unknown>
  /** Keys whose stored value was refused, by the current schema or by the one that a migration starts from. */
  readonly invalid: readonly string[]
  /** Whether a migration has changed anything. */
  readonly migrated: boolean
  /** The version to write the record with: never less than it came with, so that newer code does not migrate it again. */
  readonly version: number
}

/** Reads what any known version of a schema has written. No I/O, and nothing that it is given is changed. */
export interface Migrator {
  /** The current schema. */
  readonly model: SchemaModel
  readonly version: number
  /**
   * The key names to decode a record of that version with, and, for the current version, to encode with. It has the key
   * names of every known version, so that what older code left is known by name. Undefined for a version that is too old.
   */
  shapeOf(version: number): KeyShape | undefined
  /**
   * @param stored the decoded record
   * @param version the schema version that the record says it has
   * @throws MisdeployError when it is older than every known version
   * @throws SessionMigrationError when a migration fails
   */
  read(stored: Readonly<Record<string, unknown>>, version: number): MigratedData
  /** Which of the carried values to write beside `data`: those of older code that say something else are outdated. */
  carriedBeside(
    data: ReadonlyMap<string, TypedValue>,
    carried: ReadonlyMap<string, unknown>,
  ): ReadonlyMap<string, unknown>
}

/** @throws SessionConfigError for a chain of migrations that does not fit */
export function createMigrator(schema: SessionSchema, options: ChainOptions): Migrator {
  const { version: current, label, types } = options
  const stages = createStages(schema, options)
  const oldest = current - options.migrations.length
  const shapes = new Map<number, KeyShape>(stages.map((stage) => [stage.version, mergedShape(stages, stage)]))

  function read(stored: Readonly<Record<string, unknown>>, version: number): MigratedData {
    if (version < oldest) throw tooOld(version)
    const start = Math.min(version, current) - oldest
    let view = viewOf(modelAt(start), Object.entries(stored))
    // A record that its schema understands whole has no late writes: nearly every one.
    const late = view.carried.size > 0 && start > 0 ? lateView(stored, start) : undefined
    for (const [key, typed] of late ?? []) {
      view.data.set(key, typed)
      view.carried.delete(key)
    }
    const invalid = new Set(view.invalid.filter((key) => !late?.has(key)))
    for (let at = start; at < stages.length - 1; at++) {
      const { data, left } = climb(at, view)
      const found = viewOf(modelAt(at + 1), left)
      for (const key of found.invalid) invalid.add(key)
      for (const [key, typed] of found.data) {
        data.set(key, typed)
        invalid.delete(key)
      }
      view = { ...found, data }
    }
    return {
      data: view.data,
      carried: view.carried,
      invalid: [...invalid],
      migrated: version < current || (late !== undefined && late.size > 0),
      version: Math.max(version, current),
    }
  }

  function lateView(stored: Readonly<Record<string, unknown>>, at: number): ReadonlyMap<string, TypedValue> {
    const { changed } = lateWrites(stages.slice(0, at + 1), new Map(Object.entries(stored)), types)
    return viewOf(modelAt(at), changed).data
  }

  /** One version up: what the migration gives, and the stored values that it leaves for the next schema to read. */
  function climb(at: number, view: SchemaView): { data: SchemaView['data']; left: Map<string, unknown> } {
    const { version, model, up } = stages[at] as Stage
    const [from, to] = [version, version + 1]
    const next = modelAt(at + 1)
    const result = runStep(up as NonNullable<Stage['up']>, argumentOf(model, view.data, types), next)
    const failed = (what: string, because: { readonly cause?: unknown }) =>
      new SessionMigrationError(
        `The migration of ${label} from version ${from} to ${to} ${what}. The record is left as it is.`,
        { from, to, ...because },
      )
    if (result instanceof StepFailure) throw failed(result.what, result.because)
    const { data, absent, issues } = result
    if (issues.length > 0) throw failed(`gave what its target schema refuses: ${formatIssues(issues)}`, {})
    // A key of the older schema alone is used up; what the migration never saw is not its to remove.
    const shared = [...view.data].filter(([key]) => next.keys.has(key) && !absent.has(key))
    const left = [...shared.map(([key, { stored }]) => [key, stored] as const), ...view.carried]
    return { data, left: new Map(left.filter(([key]) => !data.has(key))) }
  }

  function modelAt(at: number): SchemaModel {
    return (stages[at] as Stage).model
  }

  function tooOld(version: number): MisdeployError {
    return new MisdeployError(
      `A record of ${label} has schema version ${version}, and \`migrations\` start at version ${oldest}. It is kept as it is: put the migrations from version ${version} on back at the start of the list.`,
    )
  }

  return {
    model: modelAt(stages.length - 1),
    version: current,
    shapeOf: (version) => shapes.get(Math.min(version, current)),
    read,
    carriedBeside: (data, carried) => withoutOutdated(stages, data, carried, types),
  }
}

/** Of a name that several versions have, the shape below it is the one of `stage`, else of the newest version. */
function mergedShape(stages: readonly Stage[], stage: Stage): KeyShape {
  return {
    keys: Object.assign({}, ...[...stages, stage].map(({ model }) => model.shape.keys)) as KeyShape['keys'] & {},
  }
}
