import { backoff } from '../../core/backoff.js'
import { isExpired } from '../../core/deadline.js'
import { SessionConflictError } from '../../core/errors.js'
import type { Change } from '../record/changes.js'
import type { Contents } from '../record/contents.js'
import { type StoredSession, toStored, toWritten } from '../record/records.js'
import { admit, loginOf } from '../subjects/admission.js'
import { withLogin } from '../subjects/limit.js'
import { isNewsToClient } from './announce.js'
import { gone } from './gone.js'
import { assertInTime } from './in-time.js'
import { reload } from './reload.js'
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
  carried?: () => readonly Change[],
): Promise<StoredSession | 'unchanged'> {
  const { records } = unit.runtime
  if (unit.attempts.length > 0 || isExpired(storedBy(unit).stored.expiresAt, records.clock())) await reload(unit)
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { id, stored } = storedBy(unit)
    const changed = next(stored.contents)
    if (!changed) return 'unchanged'
    const now = records.clock()
    const complete = unit.defaults.completing(changed)
    const contents = withLogin(records, complete, stored.contents, now)
    const written = toWritten(records, { id, key: stored.key }, contents, now)
    const { record } = written
    const earlier = unit.attempts
    const write = () => {
      unit.attempting({ revision: record.revision, changes: carried?.() ?? [] })
      return records.store().update(stored.key, record, stored.revision)
    }
    const login = loginOf(records, written, stored)
    const outcome =
      login === undefined ? await write() : await admit(records, login, written, stored, write, () => unit.undone())
    if (outcome === 'gone') throw gone(unit)
    if (outcome !== 'conflict') {
      // A default has not been through the codec as what the app sets has.
      if (outcome === 'ok' && complete === changed) records.kept.written(stored.key, record, contents)
      unit.replaced(outcome === 'ok' ? toStored(written) : outcome, carried?.())
      if (isExpired(stored.expiresAt, records.clock())) await assertInTime(unit, stored.expiresAt)
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
