import { backoff } from '../../core/backoff.js'
import { isExpired } from '../../core/deadline.js'
import { SessionConflictError, SessionGoneError } from '../../core/errors.js'
import type { Change } from '../record/changes.js'
import type { Contents } from '../record/contents.js'
import { type StoredSession, toStored, toWritten } from '../record/records.js'
import { admit, loginOf } from '../subjects/admission.js'
import { withLogin } from '../subjects/limit.js'
import { readStored } from './read-session.js'
import { storedBy, type UnitOfWork } from './unit-of-work.js'

/** How often one commit may lose the race before it gives up. With the pauses below: about four seconds. */
const MAX_ATTEMPTS = 50
const MAX_PAUSE_MS = 150

/**
 * Changes the stored record by compare-and-set until it succeeds. `next` gets what is stored and returns what to store
 * instead, or undefined to leave it.
 * @param carried the changes that what `next` returned last has in it
 */
export async function updateStored(
  unit: UnitOfWork,
  next: (contents: Contents) => Contents | undefined,
  carried: () => readonly Change[] = () => [],
): Promise<StoredSession | 'unchanged'> {
  const { records } = unit.runtime
  if (unit.attempts.length > 0 || isExpired(storedBy(unit).stored.expiresAt, records.clock())) await reload(unit)
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { id, stored } = storedBy(unit)
    const changed = next(stored.contents)
    if (!changed) return 'unchanged'
    const now = records.clock()
    const contents = withLogin(records, unit.defaults.completing(changed), stored.contents, now)
    const written = toWritten(records, { id, key: stored.key }, contents, now)
    const { record } = written
    const earlier = unit.attempts
    const write = () => {
      unit.attempting({ revision: record.revision, changes: carried() })
      return records.store().update(stored.key, record, stored.revision)
    }
    const login = loginOf(records, written, stored)
    const outcome =
      login === undefined ? await write() : await admit(records, login, written, stored, write, () => unit.undone())
    if (outcome === 'gone') throw gone(unit)
    if (outcome !== 'conflict') {
      unit.replaced(outcome === 'ok' ? toStored(written) : outcome)
      await assertInTime(unit, stored.expiresAt)
      if (isNewsToClient(unit, stored.contents, contents)) unit.announce('renewed')
      return storedBy(unit).stored
    }
    unit.refused(earlier)
    records.emit('conflict', id, { attempt })
    // Twice at once, then randomly longer, so that many contenders spread out.
    if (attempt > 2) await backoff(attempt, MAX_PAUSE_MS)
    await reload(unit)
  }
  throw new SessionConflictError(
    `Session \`${records.name}\` was changed by other requests ${MAX_ATTEMPTS} times in a row, so this one gave up. Write less often, or keep counters elsewhere.`,
  )
}

/**
 * A write that was sent before the deadline may be applied after it. Such a write is undone (our revision is deleted), unless
 * another request has already built on it.
 * @param deadline of the record that was replaced by the one now known
 * @throws SessionGoneError
 */
export async function assertInTime(unit: UnitOfWork, deadline: number): Promise<void> {
  const { records } = unit.runtime
  if (!isExpired(deadline, records.clock())) return
  const { key, revision } = storedBy(unit).stored
  if ((await records.store().destroy(key, revision)) !== 'conflict') throw gone(unit)
  await reload(unit)
}

/** Ends the use of a handle whose session somebody else has ended. @returns the error to throw */
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

/** Reads what others have stored meanwhile. @throws SessionGoneError */
export async function reload(unit: UnitOfWork): Promise<void> {
  if (!(await reloaded(unit))) throw gone(unit)
}

/** `reload` for a caller that can go on without the session. @returns false when it is gone */
export async function reloaded(unit: UnitOfWork): Promise<boolean> {
  const { id, attempts, stored: before, runtime } = unit
  const found = id === undefined ? undefined : await readStored(runtime.records, id, 'under-way')
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

/** Whether the client's cookie has to change, or to live longer, with the record. */
function isNewsToClient({ runtime }: UnitOfWork, before: Contents, after: Contents): boolean {
  return (
    runtime.policies.isPersistent(after) || before.persistent !== after.persistent || before.cookie !== after.cookie
  )
}
