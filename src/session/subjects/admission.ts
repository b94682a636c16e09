import { type Enrolment, enrol } from '../coordination/epoch.js'
import { destroyThrough } from '../coordination/redirects.js'
import { type SessionRecords, type StoredSession, toStored, toWritten, type Written } from '../record/records.js'
import { assertRoom, limitOf, makeRoom } from './limit.js'
import { type LoginLock, lockLogins, refuses } from './login-lock.js'
import { fenceOff, takeBack } from './take-back.js'

/**
 * The subject whose session a write makes of one that was not: a login, which goes through `admit`.
 * @param before what the write replaces, if anything
 */
export function loginOf(
  { subjects }: SessionRecords,
  { record: { subject } }: Written,
  before?: StoredSession,
): string | undefined {
  if (!subjects?.isListed) return undefined
  return before && subject === subjects.of(before.contents) ? undefined : subject
}

/**
 * Runs the write of a login. It holds the number of the subject's sessions to its maximum, and returns `gone` when the record must
 * not stay: the subject was revoked meanwhile, or newer logins have taken its place. What fails after the write takes it back, as
 * far as the store lets it.
 * @param before what the write replaces, if anything
 * @param undone called when a write that failed was taken back, so that it is as if it had never been tried
 * @throws SessionLimitError with `onLimit: 'refuse'`: then nothing is stored
 */
export async function admit<T extends string>(
  records: SessionRecords,
  subject: string,
  written: Written,
  before: StoredSession | undefined,
  write: () => Promise<'ok' | T>,
  undone: () => void = () => {},
): Promise<StoredSession | Exclude<T, 'ok'> | 'gone'> {
  const loginLock = await lockLogins(records, subject, true)
  try {
    if (refuses(records)) await assertRoom(records, subject, limitOf(records) - 1, written.place.key)
    const enrolment = await enrol(records, subject)
    const outcome = await write().catch(async (error: unknown) => {
      if (await fenceOff(records, written, before)) undone()
      throw error
    })
    if (outcome !== 'ok') return outcome as Exclude<T, 'ok'>
    return await settleIn(records, { written, before, subject, enrolment, loginLock, undone })
  } finally {
    await loginLock.end()
  }
}

interface Newcomer {
  readonly written: Written
  readonly before: StoredSession | undefined
  readonly subject: string
  readonly enrolment: Enrolment
  readonly loginLock: LoginLock
  readonly undone: () => void
}

/** What a login has to look at once its record is stored. */
async function settleIn(
  records: SessionRecords,
  { written, before, subject, enrolment, loginLock, undone }: Newcomer,
): Promise<StoredSession | 'gone'> {
  let current = written
  const { key } = written.place
  try {
    if (await enrolment.revoked()) return await leave()
    if (records.subjects?.limit === 'oldest')
      return (await makeRoom(records, subject, written.contents.login, loginAgain)) ? toStored(current) : await leave()
    if (refuses(records) && !(await loginLock.end())) await assertRoom(records, subject, limitOf(records))
    return toStored(current)
  } catch (error) {
    if (await takeBack(records, current, before)) undone()
    throw error
  }

  async function leave(): Promise<'gone'> {
    await destroyThrough(records, key, current.record.revision)
    return 'gone'
  }

  /** The clock of the server that stored the last login may be ahead of this one's. The later login has to be the newer one all the same. */
  async function loginAgain(at: number): Promise<'ok' | 'conflict' | 'gone'> {
    const { place, contents, record } = current
    if (!contents.login) return 'conflict'
    const later = { ...contents, login: { ...contents.login, at } }
    const next = toWritten(records, place, later, records.clock())
    const outcome = await records.store().update(key, next.record, record.revision)
    if (outcome === 'ok') current = next
    return outcome
  }
}
