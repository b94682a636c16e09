import { SessionConflictError } from '../../core/errors.js'
import { isNewsToClient } from './announce.js'
import { gone } from './gone.js'
import { readAgain } from './live-record.js'
import type { UnitOfWork } from './unit-of-work.js'

/** Reads what others have stored meanwhile. @throws SessionGoneError */
export async function reload(unit: UnitOfWork): Promise<void> {
  if (!(await reloaded(unit))) throw gone(unit)
}

/** `reload` for a caller that can go on without the session. @returns false when it is gone */
export async function reloaded(unit: UnitOfWork): Promise<boolean> {
  const { id, attempts, stored: before, runtime } = unit
  const found = id === undefined ? undefined : await readAgain(runtime.records, id)
  if (!found) return false
  const { stored } = found
  // Still the revision that they were to replace: one of them may yet be applied.
  if (attempts.length === 0 || stored.revision === before?.revision) {
    unit.reloaded(found, undefined)
    return true
  }
  const applied = attempts.find(({ revision }) => revision === stored.revision)
  const over = applied?.changes ?? attempts.flatMap(({ changes }) => changes)
  const isPending = over.some((change) => unit.log.includes(change))
  unit.reloaded(found, over)
  if (applied && before && isNewsToClient(unit, before.contents, stored.contents)) unit.announce('renewed')
  if (!applied && isPending)
    throw new SessionConflictError(
      `A write of session \`${runtime.name}\` failed, and other requests have changed the session since: nobody can tell whether it was stored. It is not repeated, which could apply it twice.`,
    )
  return true
}
