import { SessionConflictError, SessionGoneError } from '../../core/errors.js'
import { awaitLease, endLease, lockKey } from '../coordination/lease.js'
import { reload } from './compare-and-set.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * Lets one request after the other have a session, for handlers that must not run twice at a time. Nothing is lost without
 * it; it only spares the work of replaying. A new session needs none: nobody else knows it.
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
      // Whoever had it before may have changed or ended the session.
      await reload(unit)
    } catch (error) {
      await unlock(unit)
      if (!(error instanceof SessionGoneError)) throw error
      return
    }
    // Whoever comes with its new id asks for the lock of that one.
    if (unit.stored.key !== key) await unlock(unit)
  }
}

/** Lets the next one in. What cannot be removed runs out by itself. */
export async function unlock(unit: UnitOfWork): Promise<void> {
  const { lock: held } = unit
  if (!held) return
  unit.hold(undefined)
  await endLease(unit.runtime.records, held)
}
