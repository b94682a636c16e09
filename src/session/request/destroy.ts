import { endSession } from '../coordination/moves.js'
import type { UnitOfWork } from './unit-of-work.js'

/** Ends a session for good: the record goes before this returns, and the client's cookie with the response. */
export async function destroy(unit: UnitOfWork): Promise<void> {
  const { stored, ref } = unit
  const { records } = unit.runtime
  if (stored) {
    records.kept.forget(stored.key)
    await endSession(records, stored.key, stored.revision)
  }
  unit.destroyed()
  if (stored) records.emitRef('destroyed', ref)
}
