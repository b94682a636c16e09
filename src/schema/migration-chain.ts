import { SessionConfigError } from '../core/errors.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { createSchemaModel, type SchemaModel } from './definition.js'
import type { AnyMigration } from './migrate.js'
import type { SessionSchema } from './types.js'

/** A schema version that this app can read. */
export interface Stage {
  readonly version: number
  readonly model: SchemaModel
  /** How to get to the next stage. Absent in the last. */
  readonly up: ((old: never) => unknown) | undefined
}

export interface ChainOptions {
  /** The version of the schema, from 1. */
  readonly version: number
  /** From the oldest version that is still read to this one. */
  readonly migrations: readonly AnyMigration[]
  /** How messages call it: `` session `name` ``. */
  readonly label: string
  readonly types?: TypeRegistry | undefined
}

/**
 * The versions from the oldest that can be read to the current one.
 * @throws SessionConfigError naming the step that does not fit, and the remedy
 */
export function createStages(schema: SessionSchema, options: ChainOptions): readonly Stage[] {
  const { version, migrations, label, types } = options
  assertVersion(version, migrations, label)
  const oldest = version - migrations.length
  const older = migrations.map(({ from, to, up }, i): Stage => {
    const step = `\`migrations[${i}]\` of ${label}, from version ${oldest + i} to ${oldest + i + 1},`
    if (typeof up !== 'function') throw new SessionConfigError(`${step} is not made by migration(from, to, up).`)
    const next = migrations[i + 1]
    if (next && to !== next.from) {
      throw new SessionConfigError(
        `${step} leads to another schema than \`migrations[${i + 1}]\` starts from. Pass the same schema object to both, and keep the list in order, the oldest first.`,
      )
    }
    if (!next && to !== schema) {
      throw new SessionConfigError(
        `${step} is the last but does not lead to the schema of the definition. Pass that very object as its \`to\`, or add the missing migration.`,
      )
    }
    return { version: oldest + i, model: createSchemaModel(from, `version ${oldest + i} of ${label}`, types), up }
  })
  const current: Stage = { version, model: createSchemaModel(schema, label, types), up: undefined }
  return [...older, current]
}

function assertVersion(version: number, migrations: readonly AnyMigration[], label: string): void {
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new SessionConfigError(`\`version\` of ${label} is not a whole number from 1. Count up by 1 per migration.`)
  }
  if (migrations.length > version - 1) {
    throw new SessionConfigError(
      `${label} has \`version: ${version}\` and ${migrations.length} migrations, but versions start at 1, so there can be at most ${version - 1}. Set \`version\` to ${migrations.length + 1}, or remove what is too much.`,
    )
  }
  if (version > 1 && migrations.length === 0) {
    throw new SessionConfigError(
      `${label} has \`version: ${version}\` and no \`migrations\`, so what version ${version - 1} wrote could not be read. Add migration(from, to, up), or leave \`version\` out.`,
    )
  }
}
