import { isRedirect } from '../../codec/redirect.js'
import { isExpired } from '../../core/deadline.js'
import { MisdeployError, SessionValidationError, UnreadableRecordError } from '../../core/errors.js'
import type { SessionId } from '../../core/id.js'
import { checkValue } from '../../core/options/check.js'
import type { StoredRecord, StoreKey } from '../../stores/port.js'
import { follow, mayFollow } from '../coordination/redirects.js'
import { invalidPolicyRule } from '../definition/option-rules.js'
import type { Place } from '../record/format.js'
import {
  type FoundSession,
  type InvalidPolicy,
  placeOf,
  type SessionRecords,
  type StoredSession,
} from '../record/records.js'

/** An old id that a request came with, after its grace. */
export interface ReusedId {
  readonly id: SessionId
  readonly nextKey: StoreKey
}

/**
 * The live record of an id, or undefined when there is none, it has expired, or policy says to start anew.
 * @param reused where a request that comes with an id collects the uses of old ones. For one that had the session before it
 * got another id, `under-way`: that is no reuse, however slow it is.
 * @throws StoreError, MisdeployError, and by policy SessionValidationError or UnreadableRecordError
 */
export async function readStored(
  records: SessionRecords,
  id: SessionId,
  reused: ReusedId[] | 'under-way',
  hops = 0,
): Promise<FoundSession | undefined> {
  const place = placeOf(records, id)
  const store = records.store()
  const record = await (reused === 'under-way' ? store.read(place.key) : store.load(place.key))
  if (!record) {
    records.kept.forget(place.key)
    return undefined
  }
  if (!isRedirect(record.bytes)) {
    const stored = open(records, place, record)
    return stored && { id, stored }
  }
  const redirect = follow(records, place, record)
  if (!redirect) return undefined
  const { graceUntil, nextId, nextKey } = redirect
  if (reused === 'under-way' || records.clock() < graceUntil)
    return mayFollow(records, id, hops) ? readStored(records, nextId as SessionId, reused, hops + 1) : undefined
  reused.push({ id, nextKey: nextKey as StoreKey })
  return undefined
}

function open(records: SessionRecords, place: Place, record: StoredRecord): StoredSession | undefined {
  const { id, key } = place
  const now = records.clock()
  if (isExpired(record.expiresAt, now)) return expired()
  const contents = records.kept.find(key, record) ?? decode(records, record, place, now)
  if (!contents) return undefined
  // The absolute deadline is the record's own: a store that kept a wrong one cannot prolong a session.
  if (isExpired(contents.lifetime.absoluteExpiresAt, now)) return expired()
  return { key, revision: record.revision, expiresAt: record.expiresAt, contents }

  function expired(): undefined {
    records.kept.forget(key)
    records.emit('expired', id)
    return undefined
  }
}

function decode(records: SessionRecords, record: StoredRecord, place: Place, now: number) {
  const { id, key } = place
  try {
    const decoded = records.format.decode(record.bytes, place, now)
    records.kept.decoded(key, record, decoded)
    const { contents, invalid, migrated, newer } = decoded
    if (newer) {
      const { onNewerVersion } = records.reading
      if (onNewerVersion === 'reset') return undefined
      if (onNewerVersion === 'throw') throw tooNew(records, contents.version)
    }
    if (migrated) records.emit('migrated', id, { version: records.schemaVersion })
    if (invalid.length === 0) return contents
    records.emit('invalid', id, { keys: invalid })
    const policy = invalidPolicy(records, invalid)
    if (policy === 'hide-key') return contents
    if (policy === 'reset') return undefined
    throw new SessionValidationError(
      `Stored values of session \`${records.name}\` no longer fit its schema: ${invalid.join(', ')}. Accept the old form in the schema, or choose another \`onInvalid\`.`,
      invalid.map((path) => ({ path, expected: 'what the schema says', received: 'another stored value' })),
    )
  } catch (error) {
    // A migration that fails is a mistake in the app, which a new release mends: nothing is reset.
    if (!(error instanceof UnreadableRecordError)) throw error
    records.emit('invalid', id, { keys: [], error })
    if (records.reading.onUnreadable === 'throw') throw error
    return undefined
  }
}

function invalidPolicy({ name, reading: { onInvalid } }: SessionRecords, keys: readonly string[]): InvalidPolicy {
  if (typeof onInvalid !== 'function') return onInvalid
  const policy: unknown = onInvalid({ session: name, keys })
  checkValue(`What \`onInvalid\` of session \`${name}\` returned`, invalidPolicyRule, policy)
  return policy
}

function tooNew(records: SessionRecords, version: number): MisdeployError {
  return new MisdeployError(
    `A record of session \`${records.name}\` has schema version ${version}; this code has ${records.schemaVersion}, and \`onNewerVersion\` is 'throw'. Deploy the newer code.`,
  )
}
