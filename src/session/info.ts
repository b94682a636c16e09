import { expiresAtAfterUse, isExpired } from '../core/deadline.js'
import { MisdeployError, UnreadableRecordError } from '../core/errors.js'
import type { SessionData, SessionSchema } from '../schema/types.js'
import type { StoredRecord, StoreKey } from '../stores/port.js'
import type { Engine } from './engine.js'
import { endSession } from './moves.js'
import type { InspectedRecord } from './record.js'

/** A stored session as its owner or an administrator sees it: without its id, which only its client has. */
export interface SessionInfo<S extends SessionSchema = SessionSchema> {
  /** The same as `session.ref`, which tells which of them is the current one. */
  readonly ref: string
  /** Since when it counts: creation, or the last `regenerate()`, which is the login in most apps. */
  readonly createdAt: Date
  /** The last use; the true one may be up to `touchAfter` later. */
  readonly lastSeenAt: Date
  /** When it ends if nobody uses it any more. */
  readonly expiresAt: Date
  /** All data, defaults included. Undefined when only the client's cookie can open the record, or its migration fails. */
  readonly data: SessionData<S> | undefined
  /** Ends it at once. False when it had ended already. @throws StoreError */
  revoke(): Promise<boolean>
}

/** Undefined for a record that is nobody's session any more: expired, or damaged. */
export function toInfo(engine: Engine, key: StoreKey, record: StoredRecord): SessionInfo | undefined {
  const now = engine.clock()
  const live = inspectLive(engine, key, record, now)
  if (!live) return undefined
  const { lifetime, data } = live
  const lastSeen = Math.max(lifetime.createdAt, Math.min(record.expiresAt - lifetime.idleMs, now))
  const info: SessionInfo = {
    ref: engine.refOf(key),
    createdAt: new Date(lifetime.createdAt),
    lastSeenAt: new Date(lastSeen),
    expiresAt: new Date(Math.min(record.expiresAt, expiresAtAfterUse(lifetime, now))),
    data: data as SessionInfo['data'],
    revoke: async () => {
      if ((await endSession(engine, key, record.version)) === 'gone') return false
      engine.emitRef('destroyed', engine.refOf(key))
      return true
    },
  }
  keys.set(info, key)
  return info
}

const keys = new WeakMap<object, StoreKey>()

/** Where the session of an info was when it was listed. */
export function keyOf(info: object): StoreKey | undefined {
  return keys.get(info)
}

/** What a record says to those without its id; undefined for one that is nobody's session any more. */
function inspectLive(engine: Engine, key: StoreKey, record: StoredRecord, now: number): InspectedRecord | undefined {
  try {
    const inspected = engine.format.inspect(record.bytes, key, now)
    const deadline = Math.min(record.expiresAt, inspected.lifetime.absoluteExpiresAt)
    return isExpired(deadline, now) ? undefined : inspected
  } catch (error) {
    if (error instanceof UnreadableRecordError || error instanceof MisdeployError) return undefined
    throw error
  }
}
