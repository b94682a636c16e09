import { checkOptions } from '../core/options/check.js'
import { flag, fn, group, number } from '../core/options/rule.js'
import type { MigrateReport } from './report.js'

/** How a store is rewritten. */
export interface MigrateOptions {
  /** Reads and converts every record, and writes none. @default false */
  readonly dryRun?: boolean
  /** How many records one round trip writes. @default 250 */
  readonly batch?: number
  /** How many such round trips are in flight. @default 4 */
  readonly concurrency?: number
  /** At most so many records a second, for a store that serves requests too. @default Infinity */
  readonly rate?: number
  /** Writes also those that need nothing. @default false */
  readonly all?: boolean
  /** Hears of the progress after each batch, and at the end. @default nobody hears of it */
  readonly onProgress?: (report: MigrateReport) => void
  /**
   * Stops the walk: what is in flight is finished, and the report says how far it came.
   * @default none: the walk goes on to the end
   */
  readonly signal?: AbortSignal
}

const whole = (least: number) => (value: number) => Number.isInteger(value) && value >= least

const migrateRule = group<Omit<MigrateOptions, 'signal'>>({
  dryRun: flag,
  batch: number('a whole number, 1 to 2000', (value) => whole(1)(value) && value <= 2000),
  concurrency: number('a whole number, 1 to 64', (value) => whole(1)(value) && value <= 64),
  rate: number('records a second, more than 0', (value) => value > 0),
  all: flag,
  onProgress: fn<(report: MigrateReport) => void>('a function of the report'),
})

/** @throws SessionConfigError */
export function resolveMigrate(owner: string, options: MigrateOptions) {
  const { signal, ...rest } = options
  checkOptions(owner, migrateRule, rest)
  return { dryRun: false, batch: 250, concurrency: 4, rate: Number.POSITIVE_INFINITY, all: false, ...rest, signal }
}
