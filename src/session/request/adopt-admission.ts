import { backoff } from '../../core/backoff.js'
import { SessionConflictError, SessionLimitError } from '../../core/errors.js'
import type { AdoptOptions } from '../definition/options.js'
import type { Place } from '../record/format.js'
import { type FoundSession, placeOf, type SessionRecords, toWritten } from '../record/records.js'
import { admit } from '../subjects/admission.js'
import { withLogin } from '../subjects/limit.js'
import { doorRecord, openDoor } from './adopt-door.js'

const MAX_ATTEMPTS = 20
const MAX_PAUSE_MS = 100

/**
 * Makes an adopted session its subject's, as a login or without counting it, so that revocations reach it. Whoever comes through
 * the door before that is done may do it: the request that opened it may have died.
 * @returns undefined when the session has ended, or the subject was revoked meanwhile
 * @throws SessionLimitError when the subject has too many: then there is neither session nor door, so that it may be tried again
 */
export async function enter(
  records: SessionRecords,
  source: AdoptOptions,
  door: Place | undefined,
  first: FoundSession,
): Promise<FoundSession | undefined> {
  const counting = source.login ? records : uncounted(records)
  let found = first
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { id, stored } = found
    const now = records.clock()
    const contents = withLogin(counting, stored.contents, undefined, now)
    const place = placeOf(records, id)
    const written = toWritten(records, place, contents, now)
    const { subject } = written.record
    // The app has made it nobody's meanwhile.
    if (subject === undefined) return found
    const write = () => records.store().update(place.key, written.record, stored.revision)
    const outcome = await admit(counting, subject, written, stored, write).catch(async (error: unknown) => {
      if (error instanceof SessionLimitError) await withdraw(records, door, found)
      throw error
    })
    if (outcome === 'gone') return undefined
    if (outcome !== 'conflict') {
      if (door) await settle(records, source, door, place)
      return { id, stored: outcome }
    }
    if (attempt > 2) await backoff(attempt, MAX_PAUSE_MS)
    const again = await lookAgain(records, door, found)
    if (!again.found || !again.isPending) return again.found
    found = again.found
  }
  throw new SessionConflictError(
    `Session \`${records.name}\` was changed by other requests ${MAX_ATTEMPTS} times while it was adopted. Try again.`,
  )
}

/** The sessions of a subject, which nobody counts. */
function uncounted(records: SessionRecords): SessionRecords {
  if (!records.subjects) return records
  return { ...records, subjects: { ...records.subjects, limit: 'none', max: Number.POSITIVE_INFINITY } }
}

async function lookAgain(records: SessionRecords, door: Place | undefined, found: FoundSession) {
  const opened = door && (await openDoor(records, door))
  // Without a door nobody else has the id.
  if (!door) return { found, isPending: true }
  return { found: opened?.found, isPending: opened?.pending !== undefined }
}

/** Another may have done so first. */
async function settle(records: SessionRecords, source: AdoptOptions, door: Place, next: Place): Promise<void> {
  const opened = await openDoor(records, door)
  if (opened?.pending === undefined) return
  const record = doorRecord(records, door, next, source.until.getTime(), false)
  await records.store().update(door.key, record, opened.pending)
}

async function withdraw(records: SessionRecords, door: Place | undefined, { stored }: FoundSession): Promise<void> {
  if ((await records.store().destroy(stored.key, stored.revision)) !== 'ok' || !door) return
  const opened = await openDoor(records, door)
  if (opened?.pending !== undefined) await records.store().destroy(door.key, opened.pending)
}
