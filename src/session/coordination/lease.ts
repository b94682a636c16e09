import { isExpired } from '../../core/deadline.js'
import { StoreError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import { monotonic, pause } from '../../core/timers.js'
import type { Revision, StoreKey } from '../../stores/port.js'
import { newRevision, type SessionRecords } from '../record/records.js'

/** Longer than any work under a lease takes. A server that dies delays the others for this long. In milliseconds. */
const LEASE_MS = 30_000
/** When the record of a lease may be collected, in milliseconds: far more than the clocks of two servers differ by. */
const RECORD_LIFE_MS = 24 * 3600 * 1000
const FIRST_PAUSE_MS = 5
const MAX_PAUSE_MS = 100

/** A record that at most one request holds, across servers, on every store. */
export interface Lease {
  readonly key: StoreKey
  readonly revision: Revision
  /** By this process's monotonic clock, `performance.now()`. */
  readonly until: number
  /** Whether the holder before has let it expire, and may still be at work. */
  readonly takenOver: boolean
}

/** The key of the lock of the session under a key. */
export function lockKey(records: SessionRecords, session: StoreKey): StoreKey {
  return digestKey(records.name, 'l1', session) as StoreKey
}

/**
 * Takes the lease unless somebody else has it. A holder that this process has seen unchanged for the length of a lease, by its own
 * monotonic clock, is taken for dead; the clocks of the two servers are not compared.
 * @returns undefined while somebody else has it @throws StoreError
 */
export async function tryLease(records: SessionRecords, key: StoreKey): Promise<Lease | undefined> {
  const store = records.store()
  const lease = { key, revision: newRevision(), until: performance.now() + LEASE_MS }
  const record = {
    bytes: new Uint8Array(0),
    revision: lease.revision,
    expiresAt: records.clock() + RECORD_LIFE_MS,
  }
  if ((await store.create(key, record)) === 'ok') return taken(false)
  const holder = await store.read(key)
  if (!holder) return undefined
  const isOver =
    isExpired(holder.expiresAt, records.clock()) || records.sightings.unchangedFor(key, holder.revision) >= LEASE_MS
  return isOver && (await store.update(key, record, holder.revision)) === 'ok' ? taken(true) : undefined

  function taken(takenOver: boolean): Lease {
    records.sightings.forget(key)
    return { ...lease, takenOver }
  }
}

/** Whether the holder can still be sure that nobody else has taken the lease over. */
export function isHeld({ until }: Lease): boolean {
  return performance.now() < until
}

/** Waits for it; undefined when it is not free within `storeTimeout`. @throws StoreError */
export async function awaitLease(records: SessionRecords, key: StoreKey): Promise<Lease | undefined> {
  const began = monotonic()
  for (let longest = FIRST_PAUSE_MS; ; longest *= 2) {
    const lease = await tryLease(records, key)
    if (lease || monotonic() - began >= records.storeTimeout) return lease
    await pause(Math.min(longest, MAX_PAUSE_MS) * (0.5 + Math.random() / 2))
  }
}

/** Releases it; one that cannot be removed expires. @returns false when another holder may have had it meanwhile */
export async function endLease(records: SessionRecords, lease: Lease): Promise<boolean> {
  const { key, revision } = lease
  try {
    return (await records.store().destroy(key, revision)) === 'ok'
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return isHeld(lease)
  }
}
