import { expiresAtAfterUse, isExpired, isTouchDue } from '../../core/deadline.js'
import { SessionGoneError } from '../../core/errors.js'
import { type StoredSession, tellOther } from '../record/records.js'
import { updateStored } from './compare-and-set.js'
import { assertInTime } from './in-time.js'
import { storedBy, type UnitOfWork } from './unit-of-work.js'

/** A failed renewal costs nothing but time: the deadline stays where it was. So it never fails a request. */
export async function touch(unit: UnitOfWork): Promise<void> {
  const { stored } = storedBy(unit)
  const expiresAt = dueRenewal(unit, stored)
  if (expiresAt === undefined) return
  try {
    if (mayBeLate(unit, stored)) await updateStored(unit, (contents) => contents)
    else await extend(unit, stored, expiresAt)
  } catch (error) {
    if (error instanceof SessionGoneError) {
      // Ended by somebody else: nothing of this request is lost by that.
      if (isExpired(stored.expiresAt, unit.runtime.clock())) throw error
      return
    }
    // A record that cannot be written, for instance.
    tellOther(unit.runtime.records, unit.ref, error)
  }
}

/**
 * Whether the answer to a call that begins now may come after the deadline; a time-out is not exact, and a busy process is late.
 * A renewal that is late is undone, by its revision. So it needs one of its own: under the old one that would undo what another
 * request had renewed in time.
 */
function mayBeLate({ runtime }: UnitOfWork, { expiresAt }: StoredSession): boolean {
  return expiresAt - runtime.clock() <= 2 * runtime.records.storeTimeout
}

/** Moves the deadline, without data. */
async function extend(unit: UnitOfWork, stored: StoredSession, expiresAt: number): Promise<void> {
  const { records, policies } = unit.runtime
  const { key, revision, contents } = stored
  try {
    if ((await records.store().touch(key, expiresAt, revision)) !== 'ok') return
    unit.extended(expiresAt)
  } finally {
    // What has failed may have reached the store all the same.
    await assertInTime(unit, stored.expiresAt)
  }
  if (policies.isPersistent(contents)) unit.announce('renewed')
}

/** The deadline that a touch now would set; undefined when it is not worth a store call. */
export function dueRenewal(
  { runtime, isTouched }: UnitOfWork,
  { contents, expiresAt }: StoredSession,
): number | undefined {
  const now = runtime.clock()
  // What has expired while this request ran must not come back by its touch.
  if (isExpired(expiresAt, now)) return undefined
  const after = isTouched ? 0 : runtime.policies.touchAfter(contents.lifetime)
  return isTouchDue(contents.lifetime, expiresAt, now, after) ? expiresAtAfterUse(contents.lifetime, now) : undefined
}
