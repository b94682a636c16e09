import { encodeRedirect } from '../../codec/redirect.js'
import { isExpired } from '../../core/deadline.js'
import { SessionConflictError, SessionGoneError, StoreError } from '../../core/errors.js'
import type { StoreKey } from '../../stores/port.js'
import { endLease, isHeld, lockKey, tryLease } from '../coordination/lease.js'
import { keyBehind } from '../coordination/redirects.js'
import type { RotationPolicy } from '../definition/policies.js'
import { newRevision, placeOf, tellOther, toStored, toWritten } from '../record/records.js'
import { admitMove } from '../subjects/move-admission.js'
import { assertInTime } from './in-time.js'
import { storedBy, type UnitOfWork } from './unit-of-work.js'

/** How many old ids of one session are known at a time, so that their late use is noticed. */
const MAX_REDIRECTS = 10

/** The policy by which the id has to change with this response; undefined when it stays. */
export function dueRotation({ runtime, stored }: UnitOfWork): RotationPolicy | undefined {
  const { rotation } = runtime.policies
  if (!rotation || !stored) return undefined
  return runtime.clock() - stored.contents.idSince >= rotation.every * 1000 ? rotation : undefined
}

/**
 * Gives the session a new id without a change of privilege; data and clocks stay, and for a while the old id redirects
 * to it. The new record comes first: if this stops half-way, the session is still under its old id. A failure costs nothing
 * but the rotation, so it never fails a request. `session.rotate()`, after which the old id is dead, is in regenerate.ts.
 */
export async function rotateWithGrace(unit: UnitOfWork, policy: RotationPolicy): Promise<void> {
  const { stored, lock } = unit
  const { records } = unit.runtime
  // What has expired while this request ran must not come back under another id.
  if (!stored || isExpired(stored.expiresAt, records.clock())) return
  try {
    // A request that holds the lock has that of the old key; requests with the new id would not wait for it.
    const held = lock && isHeld(lock) ? lock : undefined
    const lease = held ?? (await tryLease(records, lockKey(records, stored.key)))
    if (!lease) return
    try {
      await rotateAlone(unit, policy)
    } finally {
      if (!held) await endLease(records, lease)
    }
  } catch (error) {
    if (error instanceof SessionGoneError) throw error
    // The old id redirects to the new one, or is as it was: both are fine.
    if (!(error instanceof SessionConflictError)) tellOther(records, unit.ref, error)
  }
}

async function rotateAlone(unit: UnitOfWork, { every, grace }: RotationPolicy): Promise<void> {
  const { id, stored } = storedBy(unit)
  const { records, garbage } = unit.runtime
  const { ref: previousRef } = unit
  const store = records.store()
  const now = records.clock()
  const place = placeOf(records, records.ids.generate())
  const written = toWritten(records, place, { ...stored.contents, idSince: now }, now)
  const { lifetime } = written.contents
  const redirect = {
    bytes: encodeRedirect({ graceUntil: now + grace * 1000, nextKey: place.key, nextId: place.id }, records.name, id),
    revision: newRevision(),
    // An id unused for longer would have expired. A session remembered for long has no more redirects than others.
    expiresAt: Math.min(lifetime.absoluteExpiresAt, now + Math.min(lifetime.idleMs, MAX_REDIRECTS * every * 1000)),
  }
  const outcome = await admitMove(records, written, 'redirected', async () => {
    if ((await store.create(place.key, written.record)) !== 'ok') return 'exists'
    const replaced = await store.update(stored.key, redirect, stored.revision).catch(async (error: unknown) => {
      if (await redirectsTo(unit, place.key, isLate(error))) return 'ok' as const
      throw error
    })
    // Somebody changed or ended it meanwhile: what they did counts, and nobody knows the new id.
    if (replaced !== 'ok') await store.destroy(place.key)
    return replaced
  })
  if (outcome !== 'ok') return
  unit.moved({ id: place.id, stored: toStored(written) })
  await assertInTime(unit, stored.expiresAt)
  unit.idRotated()
  garbage.collectSome()
  records.emit('regenerated', unit.id, { previousRef })
}

/**
 * After a redirect that failed: whether the old id redirects to the new one all the same. If not, no record is left which nobody
 * has the id of. The redirect may still be on its way: with another revision under the old key it comes too late, and then the new
 * record may go. If the store does not take that either, the new record stays until it expires, unless the redirect was
 * refused rather than late.
 */
async function redirectsTo(unit: UnitOfWork, next: StoreKey, late: boolean): Promise<boolean> {
  const { id, stored } = storedBy(unit)
  const { records } = unit.runtime
  const store = records.store()
  const { key, contents, expiresAt } = stored
  const current = toWritten(records, { id, key }, contents, records.clock())
  // With its old deadline: this is no use of the session.
  const written = { ...current, record: { ...current.record, expiresAt } }
  try {
    const outcome = await store.update(key, written.record, stored.revision).catch((error: unknown) => {
      if (late || isLate(error)) throw error
      return 'refused'
    })
    if (outcome === 'ok') unit.replaced(toStored(written))
    else {
      const behind = await keyBehind(records, key)
      if (behind !== key) return behind === next
    }
    await store.destroy(next)
  } catch (error) {
    // The hook has heard of the failure that led here.
    if (!(error instanceof StoreError)) throw error
  }
  return false
}

function isLate(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'ERR_SESSION_STORE_TIMEOUT'
}
