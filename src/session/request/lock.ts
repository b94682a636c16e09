import { SessionConflictError, SessionGoneError } from '../../core/errors.js'
import { awaitLease, endLease, lockKey } from '../coordination/lease.js'
import { reload } from './reload.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * Serialises the requests that lock a session, for handlers that must not run in parallel. No change is lost without it; it only spares
 * the replays. A new session needs no lock: no other request knows it.
 * @throws SessionConflictError when it is not free within `storeTimeout`
 */
export async function lock(unit: UnitOfWork): Promise<void> {
  const { records } = unit.runtime
  while (!unit.lock && unit.stored && unit.phase === 'open') {
    const { key } = unit.stored
    const lease = await awaitLease(records, lockKey(records, key))
    if (!lease)
      throw new SessionConflictError(
        `Another request has held the lock of this session \`${records.name}\` for ${records.storeTimeout} ms (\`storeTimeout\`). Lock only short handlers.`,
      )
    unit.hold(lease)
    try {
      // The holder before may have changed or ended the session.
      await reload(unit)
    } catch (error) {
      await unlock(unit)
      if (!(error instanceof SessionGoneError)) throw error
      return
    }
    // Requests that come with the new id ask for the lock of the new key.
    if (unit.stored.key !== key) await unlock(unit)
  }
}

/** Releases the lock. One that cannot be removed expires. */
export async function unlock(unit: UnitOfWork): Promise<void> {
  const { lock: held } = unit
  if (!held) return
  unit.hold(undefined)
  await endLease(unit.runtime.records, held)
}
