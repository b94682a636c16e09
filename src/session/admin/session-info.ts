import { expiresAtAfterUse, isExpired } from '../../core/deadline.js'
import { MisdeployError, UnreadableRecordError } from '../../core/errors.js'
import type { SessionData, SessionSchema } from '../../schema/types.js'
import type { StoredRecord, StoreKey } from '../../stores/port.js'
import { endSession } from '../coordination/moves.js'
import type { InspectedRecord } from '../record/format.js'
import type { SessionRecords } from '../record/records.js'

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

/**
 * What a record says for those who may look at sessions that are not theirs.
 * @returns undefined for what is nobody's session any more (expired, damaged, the redirect of an old id), and for a record that
 * only a newer release can read
 */
export function toInfo(records: SessionRecords, key: StoreKey, record: StoredRecord): SessionInfo | undefined {
  const now = records.clock()
  const live = inspectLive(records, key, record, now)
  return live && new RecordInfo(records, key, record, live, now)
}

class RecordInfo implements SessionInfo {
  readonly ref: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
  readonly data: SessionInfo['data']
  readonly revoke: () => Promise<boolean>
  /** Not among its properties: it is no business of those who show it. */
  readonly #key: StoreKey

  constructor(
    records: SessionRecords,
    key: StoreKey,
    { revision, expiresAt }: StoredRecord,
    { lifetime, data }: InspectedRecord,
    now: number,
  ) {
    this.#key = key
    this.ref = records.refOf(key)
    this.createdAt = new Date(lifetime.createdAt)
    this.lastSeenAt = new Date(Math.max(lifetime.createdAt, Math.min(expiresAt - lifetime.idleMs, now)))
    this.expiresAt = new Date(Math.min(expiresAt, expiresAtAfterUse(lifetime, now)))
    this.data = data as SessionInfo['data']
    this.revoke = async () => {
      if ((await endSession(records, key, revision)) === 'gone') return false
      records.emitRef('destroyed', records.refOf(key))
      return true
    }
  }

  static keyOf(info: object): StoreKey | undefined {
    return #key in info ? info.#key : undefined
  }
}

export function keyOf(info: object): StoreKey | undefined {
  return RecordInfo.keyOf(info)
}

function inspectLive(
  records: SessionRecords,
  key: StoreKey,
  record: StoredRecord,
  now: number,
): InspectedRecord | undefined {
  try {
    const inspected = records.format.inspect(record.bytes, key, now)
    const deadline = Math.min(record.expiresAt, inspected.lifetime.absoluteExpiresAt)
    return isExpired(deadline, now) ? undefined : inspected
  } catch (error) {
    if (error instanceof UnreadableRecordError || error instanceof MisdeployError) return undefined
    throw error
  }
}
