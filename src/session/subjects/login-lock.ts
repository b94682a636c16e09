import { SessionConflictError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'
import { awaitLease, endLease, tryLease } from '../coordination/lease.js'
import type { SessionRecords } from '../record/records.js'

export interface LoginLock {
  /** Releases it. False when another login may have held it at the same time, because this one or the one before took too long. */
  end(): Promise<boolean>
}

const FREE: LoginLock = { end: async () => true }

/**
 * With `onLimit: 'refuse'` a lease serialises the logins of one subject, so that each can count before it writes. Otherwise no login waits.
 * @param patient whether to wait; if not, undefined when another login holds the lease
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
