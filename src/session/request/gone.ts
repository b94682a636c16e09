import { SessionGoneError } from '../../core/errors.js'
import type { UnitOfWork } from './unit-of-work.js'

/**
 * Ends the use of a handle whose session somebody else has ended meanwhile: by a logout, a new id, or expiry. From then on it writes
 * nothing (phase `gone`). `save()`, `regenerate()` and `rotate()` throw; a take is empty; a renewal and the end of the request go on
 * without it, so the response leaves as it is and sends no cookie. The next `useSession` of the request gets a new session.
 * @returns the error to throw
 */
export function gone(unit: UnitOfWork): SessionGoneError {
  unit.lost()
  unit.runtime.records.emit('gone', unit.id)
  return goneError(unit)
}

/** What to say of it again. */
export function goneError(unit: UnitOfWork): SessionGoneError {
  return new SessionGoneError(
    `Session \`${unit.runtime.name}\` was ended elsewhere (logout, new id or expiry) while this request used it. Nothing was written. Call useSession again for a new one.`,
  )
}
