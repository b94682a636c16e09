import { SessionConfigError } from '../core/errors.js'
import {
  hasSubjectIndex,
  isCollectable,
  isScannable,
  type KeyedRecord,
  type RecordChange,
  type Revision,
  type SessionStore,
  type StoreCallOptions,
  type StoredRecord,
  type StoreKey,
} from '../stores/port.js'
import { asCopy, copiedFrom } from './copied.js'

/** A store in which sessions are looked up in two places. */
export interface DualReadStore extends SessionStore {
  /**
   * The records of both stores whose key starts with `prefix`. What is in both is met once, as `read` answers it.
   * @throws SessionConfigError once the walk comes to a store that cannot list its records
   */
  scan(prefix: string): AsyncIterable<KeyedRecord>
  /**
   * The records of both stores whose `subject` is this. What is in both is met once, as `read` answers it.
   * @throws SessionConfigError once the walk comes to a store without a subject index
   */
  bySubject(subject: string): AsyncIterable<KeyedRecord>
  /**
   * Deletes up to `limit` records in each of the two stores that have expired by `now`, in milliseconds since the Unix
   * epoch. Returns the larger of the two counts: fewer than `limit` says that neither has more. A store that drops
   * expired records by itself counts as 0.
   */
  collectGarbage(now: number, limit: number, options?: StoreCallOptions): Promise<number>
  close(): Promise<void>
}

/**
 * While sessions move from one store to another: reads both, writes to `to`, ends in both. A session that is only in `from` is
 * copied when it is first changed. So nobody is logged out, whether or not `copyAll` has come to his session.
 * Two reads for a session that is not in `to` yet; give it up once `copyAll` reports nothing new.
 */
export function dualReadStore({
  from,
  to,
}: {
  /** The store that the sessions leave. None begins in it; those not changed yet are read and touched there. */
  readonly from: SessionStore
  /** The store that the sessions move to: new ones begin in it, and every change is written to it. */
  readonly to: SessionStore
}): DualReadStore {
  const found = async (
    key: StoreKey,
    options?: StoreCallOptions,
  ): Promise<{ record: StoredRecord; moved: boolean } | undefined> => {
    const there = await to.read(key, options)
    if (there && copiedFrom(there) === undefined) return { record: there, moved: true }
    const here = await from.read(key, options)
    // A copy of which the first record is gone has ended; of one that changed since, the first counts.
    if (!here) return undefined
    if (there && copiedFrom(there) === here.revision)
      return {
        record: { ...there, revision: here.revision, expiresAt: Math.max(here.expiresAt, there.expiresAt) },
        moved: false,
      }
    return { record: here, moved: false }
  }

  /** Brings a session over as it is, for the write that follows. @returns its revision there, or what the write answers instead */
  async function bring(
    key: StoreKey,
    expected: Revision,
    options: StoreCallOptions | undefined,
  ): Promise<{ readonly revision: Revision } | 'conflict' | 'gone'> {
    const there = await to.read(key, options)
    if (there && copiedFrom(there) === undefined) return { revision: expected }
    const here = await from.read(key, options)
    if (!here) return 'gone'
    if (here.revision !== expected) return 'conflict'
    const copy = asCopy(here)
    if (!there) return (await to.create(key, copy, options)) === 'ok' ? copy : 'conflict'
    if (there.revision === copy.revision) return copy
    return (await to.update(key, copy, there.revision, options)) === 'ok' ? copy : 'conflict'
  }

  async function update(key: StoreKey, change: RecordChange, expected: Revision, options?: StoreCallOptions) {
    const brought = await bring(key, expected, options)
    return typeof brought === 'string' ? brought : to.update(key, change, brought.revision, options)
  }

  async function touch(
    key: StoreKey,
    expiresAt: number,
    seen: Revision,
    options?: StoreCallOptions,
  ): Promise<'ok' | 'stale' | 'gone'> {
    const at = await found(key, options)
    if (!at) return 'gone'
    if (at.record.revision !== seen) return 'stale'
    return at.moved ? to.touch(key, expiresAt, seen, options) : from.touch(key, expiresAt, seen, options)
  }

  async function destroy(
    key: StoreKey,
    expected?: Revision,
    options?: StoreCallOptions,
  ): Promise<'ok' | 'conflict' | 'gone'> {
    const at = await found(key, options)
    if (at && expected !== undefined && at.record.revision !== expected) return 'conflict'
    if (at?.moved && expected !== undefined) {
      const outcome = await to.destroy(key, expected, options)
      if (outcome === 'ok') await from.destroy(key, undefined, options)
      return outcome
    }
    // First where it came from, or it would come back from there.
    const outcomes = [await from.destroy(key, at?.moved ? undefined : expected, options), 'gone']
    if (outcomes[0] === 'conflict') return 'conflict'
    outcomes[1] = await to.destroy(key, undefined, options)
    return at && outcomes.includes('ok') ? 'ok' : 'gone'
  }

  async function* walk(open: (store: SessionStore) => AsyncIterable<KeyedRecord>): AsyncIterable<KeyedRecord> {
    for (const store of [to, from])
      for await (const { key } of open(store)) {
        const at = await found(key)
        // Each once: where it counts.
        if (at && at.moved === (store === to)) yield { key, record: at.record }
      }
  }

  return {
    guarantees: { ...to.guarantees, atomicUpdate: from.guarantees.atomicUpdate && to.guarantees.atomicUpdate },
    read: async (key, options) => (await found(key, options))?.record,
    create: async (key, record, options) =>
      (await from.read(key, options)) ? 'exists' : to.create(key, record, options),
    update,
    touch,
    destroy,
    scan: (prefix) =>
      walk((store) => {
        if (isScannable(store)) return store.scan(prefix)
        throw new SessionConfigError('A store of dualReadStore() cannot list its records.')
      }),
    bySubject: (subject) =>
      walk((store) => {
        if (hasSubjectIndex(store)) return store.bySubject(subject)
        throw new SessionConfigError('A store of dualReadStore() cannot find the sessions of a subject.')
      }),
    async collectGarbage(now, limit, options) {
      const collected = await Promise.all(
        [from, to].map(async (store) => (isCollectable(store) ? store.collectGarbage(now, limit, options) : 0)),
      )
      return Math.max(...collected)
    },
    async close() {
      await Promise.all([from.close?.(), to.close?.()])
    },
  }
}
