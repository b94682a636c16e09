import { SessionGoneError } from '../../core/errors.js'
import { tellOther } from '../record/records.js'
import { commit, isCommitted } from './commit.js'
import { confirmId } from './confirm-id.js'
import { putBackFlash } from './flash-claim.js'
import { unlock } from './lock.js'
import { dueRotation, rotateWithGrace } from './rotation.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * Ends the use of a session in a request by the status of its response. Afterwards it refuses writes.
 *
 * | response  | changes | flash that was taken | new id         |
 * | --------- | ------- | -------------------- | -------------- |
 * | below 500 | stored  | is delivered         | when it is due |
 * | 5xx       | dropped | returns to the store | no             |
 *
 * What the handler began and did not await is waited for. If it failed, or the commit does, that error becomes the response, so the
 * flash returns.
 * @throws StoreError, SessionConflictError, CodecError, SessionValidationError
 */
export async function endRequest(unit: UnitOfWork, status: number): Promise<void> {
  const failures = unit.calls.isIdle ? [] : await unit.calls.ended()
  const failure = failures.find((error) => !(error instanceof SessionGoneError))
  if (failure === undefined && hasNothingToDo(unit)) return unit.seal()
  try {
    if (unit.phase === 'open') await conclude(unit, failure === undefined ? status : 500)
  } finally {
    if (unit.lock) await unlock(unit)
  }
  if (failure !== undefined) throw failure
}

/** Whether nothing is left to do, whatever the status, as with most requests that only read. */
function hasNothingToDo(unit: UnitOfWork): boolean {
  const { phase, lock, flash, announcement } = unit
  if (phase !== 'open' || lock || flash.taken.size > 0 || announcement !== 'none') return false
  return !dueRotation(unit) && isCommitted(unit)
}

async function conclude(unit: UnitOfWork, status: number): Promise<void> {
  // Before anything is awaited: a write that came during the commit would be in neither the record nor an error.
  unit.seal()
  const renewed = unit.announcement === 'renewed' ? unit.stored : undefined
  try {
    if (status >= 500) return await undeliver(unit)
    await commit(unit)
    const rotation = dueRotation(unit)
    if (rotation) await rotateWithGrace(unit, rotation)
  } catch (error) {
    // Ended elsewhere: the hook has heard of it, and there is nothing that this response could still store.
    if (!(error instanceof SessionGoneError)) {
      await undeliver(unit)
      throw error
    }
  } finally {
    // Renewed by a save() before this commit, which has then stored nothing: a login may have replaced the session since.
    const isOldNews = renewed !== undefined && renewed === unit.stored
    if (unit.isIdShared || isOldNews) await confirmId(unit)
  }
}

/** An error replaces the response: its changes are dropped, and the flash that it has taken waits for the next one. Never rejects. */
export async function undeliver(unit: UnitOfWork): Promise<void> {
  unit.dropAll()
  if (unit.phase !== 'sealed') return
  try {
    await putBackFlash(unit)
  } catch (error) {
    if (!(error instanceof SessionGoneError)) tellOther(unit.runtime.records, unit.ref, error)
  }
}
