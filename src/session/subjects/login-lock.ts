import { SessionConflictError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'
import { awaitLease, endLease, tryLease } from '../coordination/lease.js'
import type { SessionRecords } from '../record/records.js'

export interface LoginLock {
  /** Lets the next one in. False when others may have had a turn at the same time, as one lasted too long. */
  end(): Promise<boolean>
}

const FREE: LoginLock = { end: async () => true }

/**
 * With `onLimit: 'refuse'` the sessions of a subject get their keys one after the other: only then can a login know before it
 * stores anything whether there is room. Otherwise nobody waits.
 * @param patient whether to wait; if not, undefined when it is somebody else's turn
 * @throws SessionConflictError when it is not free within `storeTimeout`
 */
export async function lockLogins(records: SessionRecords, subject: string, patient: true): Promise<LoginLock>
export async function lockLogins(
  records: SessionRecords,
  subject: string,
  patient: boolean,
): Promise<LoginLock | undefined>
export async function lockLogins(
  records: SessionRecords,
  subject: string,
  patient: boolean,
): Promise<LoginLock | undefined> {
  if (!refuses(records)) return FREE
  const key = digestKey(records.name, 't1', subject) as StoreKey
  const lease = await (patient ? awaitLease(records, key) : tryLease(records, key))
  if (!lease && patient) throw taken(records)
  if (!lease) return undefined
  let ended: Promise<boolean> | undefined
  return {
    end() {
      ended ??= endLease(records, lease).then((alone) => alone && !lease.takenOver)
      return ended
    },
  }
}

/** Whether logins are refused once there are too many. */
export function refuses(records: SessionRecords): boolean {
  return records.subjects?.limit === 'refuse'
}

function taken(records: SessionRecords): SessionConflictError {
  return new SessionConflictError(
    `Another login of the same subject has taken ${records.storeTimeout} ms (\`storeTimeout\`) to store its session \`${records.name}\`. Try again.`,
  )
}
