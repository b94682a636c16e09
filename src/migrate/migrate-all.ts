import type { MigrateOptions } from './options.js'
import type { MigrateReport } from './report.js'
import { rewriteAll } from './rewrite.js'

/** What `defineSession` returns, as far as these functions need it. */
export interface AnyDefinition {
  /** Its name. */
  readonly name: string
}

/**
 * Writes every stored session of an older schema version in the current one, beside the requests of the app. It can be stopped at
 * any moment, by a signal or the death of the process, and run again: what is done is not done twice.
 *
 * ```ts
 * const report = await migrateAll(appSession, { onProgress: ({ scanned }) => console.log(scanned) })
 * ```
 *
 * @throws SessionConfigError for options that make no sense, StoreError when the store fails
 */
export function migrateAll(definition: AnyDefinition, options: MigrateOptions = {}): Promise<MigrateReport> {
  return rewriteAll(
    'migrateAll()',
    definition,
    options,
    ({ header, tools }) => header.schemaVersion < tools.records.schemaVersion,
  )
}

/** The same for sessions that another codec wrote than the one that writes now: afterwards that one may leave the list. */
export function recodeAll(definition: AnyDefinition, options: MigrateOptions = {}): Promise<MigrateReport> {
  return rewriteAll('recodeAll()', definition, options, ({ header, tools }) => header.codec !== tools.codec)
}

/**
 * The same for sessions that are sealed with another secret than the first, or not sealed though `encrypt` is on: afterwards the
 * older secrets may leave the list. What only the cookie of its client opens (`holder`) is counted and left.
 */
export function resealAll(definition: AnyDefinition, options: MigrateOptions = {}): Promise<MigrateReport> {
  return rewriteAll('resealAll()', definition, options, ({ seal }) => seal !== 'newest')
}
