import { SessionConflictError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'
import type { Engine } from '../engine.js'
import { awaitLease, endLease, tryLease } from '../lease.js'
import { limitOf } from './limit.js'

export interface Turn {
  /** Lets the next one in. False when others may have had a turn at the same time, as one lasted too long. */
  end(): Promise<boolean>
}

const FREE: Turn = { end: async () => true }

/**
 * With `onLimit: 'refuse'` the sessions of a subject get their keys one after the other: only then can a login know before it
 * stores anything whether there is room. Otherwise nobody waits.
 * @param patient whether to wait; if not, undefined when it is somebody else's turn
 * @throws SessionConflictError when it is not free within `storeTimeout`
 */
export async function takeTurn(engine: Engine, subject: string, patient: true): Promise<Turn>
export async function takeTurn(engine: Engine, subject: string, patient: boolean): Promise<Turn | undefined>
export async function takeTurn(engine: Engine, subject: string, patient: boolean): Promise<Turn | undefined> {
  if (!refuses(engine)) return FREE
  const key = digestKey(engine.name, 't1', subject) as StoreKey
  const lease = await (patient ? awaitLease(engine, key) : tryLease(engine, key))
  if (!lease && patient) throw taken(engine)
  if (!lease) return undefined
  let ended: Promise<boolean> | undefined
  return {
    end() {
      ended ??= endLease(engine, lease).then((alone) => alone && !lease.takenOver)
      return ended
    },
  }
}

/** Whether logins are refused once there are too many. */
export function refuses(engine: Engine): boolean {
  return engine.subjects?.onLimit === 'refuse' && limitOf(engine) < Number.POSITIVE_INFINITY
}

function taken(engine: Engine): SessionConflictError {
  return new SessionConflictError(
    `Another login of the same subject has taken ${engine.policy.storeTimeout} ms (\`storeTimeout\`) to store its session \`${engine.name}\`. Try again.`,
  )
}
