import { SessionConflictError, StoreError } from '../../core/errors.js'
import { enrolMove } from '../coordination/epoch.js'
import { destroyThrough } from '../coordination/redirects.js'
import type { Contents } from '../record/contents.js'
import type { SessionRecords, Written } from '../record/records.js'
import { assertRoom, limitOf, makeRoom } from './limit.js'
import { lockLogins, refuses } from './login-lock.js'

/**
 * Runs a write that takes a session to another key. `gone` when it must not stay there: its subject was revoked meanwhile,
 * or it is one session too many; then the new record has been removed. `busy` when it would have to wait and need not happen now.
 * @param way `redirected` when the old id redirects to the new one: then it need not happen now, and a last look that fails costs
 * nothing; else nobody would find a session that was moved and not confirmed
 */
export async function admitMove<T extends string>(
  records: SessionRecords,
  { place, record, contents }: Written,
  way: 'redirected' | 'final',
  move: () => Promise<T>,
  before: Contents = contents,
): Promise<T | 'gone' | 'busy'> {
  const { subject } = record
  if (subject === undefined || !records.subjects?.isListed) return move()
  const loginLock = await lockLogins(records, subject, way === 'final')
  if (!loginLock) return 'busy'
  try {
    // What it keeps may make it another subject's.
    if (refuses(records) && subject !== records.subjects?.of(before))
      await assertRoom(records, subject, limitOf(records) - 1)
    // A revocation that has listed the old key would miss the new one.
    const enrolment = await enrolMove(records, subject, way === 'final')
    if (!enrolment && way === 'final') throw underRevocation(records)
    if (!enrolment) return 'busy'
    const outcome = await move()
    if (outcome !== 'ok') return outcome
    try {
      if (!(await enrolment.revoked()) && (await hasRoom())) return outcome
    } catch (error) {
      if (way === 'final' || !(error instanceof StoreError || error instanceof SessionConflictError)) {
        await takeAway().catch(() => undefined)
        throw error
      }
      return outcome
    }
    await takeAway()
    return 'gone'
  } finally {
    await loginLock.end()
  }

  function takeAway(): Promise<unknown> {
    return destroyThrough(records, place.key, record.revision)
  }

  /** A login that listed the sessions while this one moved may have missed it, so it looks for itself. */
  async function hasRoom(): Promise<boolean> {
    if (subject === undefined || records.subjects?.limit !== 'oldest') return true
    return makeRoom(records, subject, contents.login, async () => 'conflict')
  }
}

function underRevocation(records: SessionRecords): SessionConflictError {
  return new SessionConflictError(
    `The sessions \`${records.name}\` of this subject have been under revocation for ${records.storeTimeout} ms (\`storeTimeout\`), so this one got no new id. Try again.`,
  )
}
