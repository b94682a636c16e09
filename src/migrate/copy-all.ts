import { isExpired } from '../core/deadline.js'
import { SessionConfigError } from '../core/errors.js'
import { checkValue } from '../core/options/check.js'
import { toolsOf } from '../session/admin/tools.js'
import { storeRule } from '../session/definition/option-rules.js'
import { createSettledStore, type SettledStore } from '../session/store/settled-store.js'
import type { KeyedRecord, SessionStore, StoredRecord } from '../stores/port.js'
import { asCopy, copiedFrom } from './copied.js'
import type { AnyDefinition } from './migrate-all.js'
import { resolveMigrate } from './options.js'
import { inBatches } from './walk.js'

/** Where sessions are copied from and to, and how. */
export interface CopyOptions {
  /** The store that has the sessions. */
  readonly from: SessionStore
  /** The store that gets them. */
  readonly to: SessionStore
  /** Counts and writes nothing. @default false */
  readonly dryRun?: boolean
  /** How many records are in one batch. @default 250 */
  readonly batch?: number
  /** How many batches are in flight. @default 4 */
  readonly concurrency?: number
  /** At most so many records a second. @default Infinity */
  readonly rate?: number
  /** Hears of the progress after each batch, and once more when the copy is whole. @default nobody hears of it */
  readonly onProgress?: (report: CopyReport) => void
  /**
   * Stops the walk: what is in flight is finished, and the report says how far it came.
   * @default none: the walk goes on to the end
   */
  readonly signal?: AbortSignal
}

/** What a copy has done so far. Counts of records. */
export interface CopyReport {
  /** Met by the first pass in `from`, redirects of rotated ids and revocations too. The second pass adds none. */
  readonly scanned: number
  /** New in the other store. */
  readonly copied: number
  /** Copied before, and changed in their first store since. */
  readonly updated: number
  /** Copied before, and ended in their first store since. */
  readonly ended: number
  /** Those that needed nothing: copied already, or in use in the other store. */
  readonly current: number
  /** Not copied, as their deadline had passed by the clock of the definition. */
  readonly expired: number
  /** Always 0: when a store fails, the copy ends with StoreError, and a later run catches up. */
  readonly failed: number
  /** Whether nothing was written. Then `copied` counts what would be; what the other store has is `current`. */
  readonly dryRun: boolean
  /** Milliseconds since the beginning. */
  readonly elapsed: number
}

/**
 * Copies the sessions of a definition from one store to another, bytes and deadlines as they are, then goes over them once more for
 * what changed meanwhile. A session that was used in the other store is left as it is there. Run again, it catches up.
 * @throws SessionConfigError for a store that cannot list its records, StoreError when a store fails
 */
export async function copyAll(definition: AnyDefinition, options: CopyOptions): Promise<CopyReport> {
  const { from, to, onProgress, ...rest } = options
  checkValue('`from` of copyAll()', storeRule, from)
  checkValue('`to` of copyAll()', storeRule, to)
  if (from === to) throw new SessionConfigError('copyAll() got the same store as `from` and `to`.')
  const { records } = toolsOf(definition)
  const { dryRun, ...walk } = resolveMigrate('copyAll()', rest)
  const [source, target] = [from, to].map((store) => createSettledStore(store, records.name, 30_000)) as [
    SettledStore,
    SettledStore,
  ]
  const counts = { scanned: 0, copied: 0, updated: 0, ended: 0, current: 0, expired: 0, failed: 0 }
  const began = performance.now()
  const report = (): CopyReport => ({ ...counts, dryRun, elapsed: Math.round(performance.now() - began) })
  // Everything of the definition: redirects of rotated ids and revocations too.
  const prefix = `${records.name}:`

  async function copy({ key, record }: KeyedRecord): Promise<'copied' | 'updated' | 'current' | 'expired'> {
    if (isExpired(record.expiresAt, records.clock())) return 'expired'
    const there = await target.read(key)
    if (dryRun) return there ? 'current' : 'copied'
    if (!there) {
      if ((await target.create(key, asCopy(record))) === 'ok') return 'copied'
      return 'current'
    }
    const made = copiedFrom(there)
    if (made === undefined || made === record.revision) return moveDeadline(key, record, there, made)
    const outcome = await target.update(key, asCopy(record), there.revision)
    return outcome === 'ok' ? 'updated' : 'current'
  }

  /** A touch moves the deadline alone, and leaves the revision. */
  async function moveDeadline(
    key: KeyedRecord['key'],
    record: StoredRecord,
    there: StoredRecord,
    made: string | undefined,
  ) {
    if (made !== undefined && record.expiresAt > there.expiresAt)
      await target.touch(key, record.expiresAt, there.revision)
    return 'current' as const
  }

  /** Copies whose session has ended in its first store: a logout counts. */
  async function end({ key, record }: KeyedRecord): Promise<void> {
    if (copiedFrom(record) === undefined || (await source.read(key))) return
    if (!dryRun && (await target.destroy(key, record.revision)) === 'ok') counts.ended++
  }

  for (let pass = 0; pass < 2; pass++) {
    const first = pass === 0
    await inBatches(source.scan(prefix), walk, async (batch) => {
      const outcomes = await Promise.all(batch.map(copy))
      for (const outcome of outcomes) if (first || outcome === 'copied' || outcome === 'updated') counts[outcome]++
      if (first) counts.scanned += batch.length
      onProgress?.(report())
    })
    if (dryRun || walk.signal?.aborted) return report()
  }
  await inBatches(target.scan(prefix), walk, async (batch) => {
    await Promise.all(batch.map(end))
  })
  onProgress?.(report())
  return report()
}
