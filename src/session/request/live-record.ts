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
 * The live session of an id that a request came with, or that the id is an old one after its grace; undefined when there is no
 * record, it has expired, or policy says to start anew.
 * @throws StoreError, MisdeployError, and by policy SessionValidationError or UnreadableRecordError
 */
export function openId(records: SessionRecords, id: SessionId): Promise<FoundSession | ReusedId | undefined> {
  return read(records, id, 'arrival', 0)
}

/**
 * The live session of an id whose session the caller has had before. Where it has got another id meanwhile that is no reuse of the
 * old one, however slow the caller is.
 * @throws as `openId`
 */
export async function readAgain(records: SessionRecords, id: SessionId): Promise<FoundSession | undefined> {
  const found = await read(records, id, 'under way', 0)
  return found && isReused(found) ? undefined : found
}

export const isReused = (found: FoundSession | ReusedId): found is ReusedId => 'nextKey' in found

async function read(
  records: SessionRecords,
  id: SessionId,
  when: 'arrival' | 'under way',
  hops: number,
): Promise<FoundSession | ReusedId | undefined> {
  const place = placeOf(records, id)
  const store = records.store()
  const record = await (when === 'arrival' ? store.load(place.key) : store.read(place.key))
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
  if (when === 'arrival' && records.clock() >= graceUntil) return { id, nextKey: nextKey as StoreKey }
  return mayFollow(records, id, hops) ? read(records, nextId as SessionId, when, hops + 1) : undefined
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
