import { randomInt } from 'node:crypto'
import { type EnvelopeHeader, type Login, readHeader } from '../../codec/envelope-header.js'
import { isExpired } from '../../core/deadline.js'
import { forEach } from '../../core/each.js'
import { MisdeployError, SessionConflictError, SessionLimitError, UnreadableRecordError } from '../../core/errors.js'
import type { KeyedRecord, StoredRecord, StoreKey } from '../../stores/port.js'
import type { Contents } from '../record/contents.js'
import type { SessionRecords } from '../record/records.js'

/** How often the sessions of a subject are listed until none is too many. More than once only when they change meanwhile. */
const MAX_ROUNDS = 20
/** How many sessions one login ends at most. When an account has more than a new limit allows, later logins end the rest. */
const MAX_ENDED = 64
const MAX_MARK = 2 ** 48 - 1

/** How many sessions one subject may have; Infinity where nobody counts them. */
export function limitOf(records: SessionRecords): number {
  return records.subjects?.max ?? Number.POSITIVE_INFINITY
}

/** Contents with the login that they need: a new one when they become a subject's, none when they are nobody's. */
export function withLogin(
  records: SessionRecords,
  contents: Contents,
  before: Contents | undefined,
  now: number,
): Contents {
  if (!records.subjects || (records.subjects.limit === 'none' && !contents.login)) return contents
  const subject = records.subjects.of(contents)
  if (subject === undefined) return contents.login ? { ...contents, login: undefined } : contents
  if (before && subject === records.subjects.of(before)) return contents
  return { ...contents, login: { at: now, mark: randomInt(MAX_MARK) } }
}

/** One live session of a subject. Two records of it while it gets a new id are one session. */
interface LiveLogin extends Pick<Login, 'at'> {
  readonly mark: string
  readonly found: readonly KeyedRecord[]
}

/**
 * @param own the key of the session that wants in: another request may have logged it in already
 * @throws SessionLimitError when the subject has more than `room` other live sessions
 */
export async function assertRoom(
  records: SessionRecords,
  subject: string,
  room: number,
  own?: StoreKey,
): Promise<void> {
  const taken = await listLogins(records, subject)
  if (taken.filter(({ found }) => !found.some(({ key }) => key === own)).length <= room) return
  throw new SessionLimitError(
    `Session \`${records.name}\`: this subject has as many sessions as \`maxPerSubject\` allows. End one of them first, or set \`onLimit: 'oldest'\`.`,
  )
}

/**
 * Ends the sessions of a subject that are too many, oldest login first. All servers order them alike, so no server ends one of
 * the newest `max`, however many come at once. The login that stored its record last lists after all the others, so the maximum
 * holds once no login is in flight, unless it was exceeded by more than one login may end.
 * @param own the login that brought the caller here
 * @param loginAgain takes a newer login for it; `gone` when a newer login has ended it already, which is as if it came later
 * @returns false when it is `own` that is too many: its record is still there
 * @throws SessionConflictError when they change all the time
 */
export async function makeRoom(
  records: SessionRecords,
  subject: string,
  own: Login | undefined,
  loginAgain: (at: number) => Promise<'ok' | 'conflict' | 'gone'>,
): Promise<boolean> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const taken = await listLogins(records, subject)
    const surplus = taken.slice(0, Math.max(0, taken.length - limitOf(records)))
    const newest = taken.at(-1)
    if (surplus.length === 0 || !newest) return true
    if (surplus.some(({ mark }) => mark === String(own?.mark))) {
      const outcome = await loginAgain(newest.at + 1)
      if (outcome !== 'ok') return outcome === 'gone'
    } else if (await endAll(records, surplus.slice(0, MAX_ENDED))) return true
  }
  throw new SessionConflictError(
    `Session \`${records.name}\`: the sessions of this subject changed ${MAX_ROUNDS} times while one of them was to be ended. Try again.`,
  )
}

/** Ends just what was listed. @returns false when one had changed or moved on meanwhile, so that another look is needed */
async function endAll(records: SessionRecords, surplus: readonly LiveLogin[]): Promise<boolean> {
  let all = true
  await forEach(
    surplus.flatMap(({ found }) => found),
    async ({ key, record }) => {
      if ((await records.store().destroy(key, record.revision)) === 'ok')
        records.emitRef('destroyed', records.refOf(key))
      else all = false
    },
  )
  return all
}

/** The live sessions of a subject, oldest login first. */
async function listLogins(records: SessionRecords, subject: string): Promise<LiveLogin[]> {
  const logins = new Map<string, LiveLogin>()
  for await (const found of records.store().bySubject(subject)) {
    const live = liveHeader(records, found.record)
    if (!live) continue
    // Stored before there was a limit: its age is its creation, and it is known by its key alone.
    const { at, mark } = live.login ?? { at: live.createdAt, mark: found.key }
    const twin = logins.get(String(mark))
    logins.set(String(mark), {
      mark: String(mark),
      at: Math.max(at, twin?.at ?? 0),
      found: twin ? [...twin.found, found] : [found],
    })
  }
  // Any order will do for logins of one millisecond, as long as all servers agree on it.
  return [...logins.values()].sort((a, b) => a.at - b.at || (a.mark < b.mark ? -1 : 1))
}

/** Reads the header alone: a record counts even if its contents cannot be read. */
function liveHeader(records: SessionRecords, { bytes, expiresAt }: StoredRecord): EnvelopeHeader | undefined {
  try {
    const header = readHeader(bytes)
    return isExpired(Math.min(expiresAt, header.absoluteExpiresAt), records.clock()) ? undefined : header
  } catch (error) {
    if (error instanceof UnreadableRecordError || error instanceof MisdeployError) return undefined
    throw error
  }
}
