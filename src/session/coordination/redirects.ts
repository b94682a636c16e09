import {
  decodeRedirect,
  isRedirect,
  type Redirect,
  type RedirectHeader,
  readRedirectHeader,
} from '../../codec/redirect.js'
import { isExpired } from '../../core/deadline.js'
import { StoreError, UnreadableRecordError } from '../../core/errors.js'
import type { SessionId } from '../../core/id.js'
import type { Revision, StoredRecord, StoreKey } from '../../stores/port.js'
import type { Place } from '../record/format.js'
import { placeOf, type SessionRecords } from '../record/records.js'

/**
 * How many redirects are followed from one id. About ten of a session are valid at a time, up to twice as many after a deploy
 * with a shorter `rotateEvery`. A longer chain, or a circle, was not written by this library.
 */
const MAX_HOPS = 32
/** How often a record may change while it is to be ended. */
const MAX_CHANGES = 1000

/**
 * Ends the session under a key, also when it has moved on to another one: otherwise a logout that carries an old id would
 * end nothing but the redirect. A server that rotates nothing follows too: others may, or it may have done so before.
 * @param revision what the caller believes is there, which spares looking
 * @throws UnreadableRecordError by policy when the redirects form a circle or are too many; they are removed all the same
 */
export async function destroyThrough(
  records: SessionRecords,
  key: StoreKey,
  revision?: Revision,
): Promise<'ok' | 'gone'> {
  const redirects: StoreKey[] = []
  let current = key
  let outcome = await destroyOrFollow(records, current, revision)
  while (typeof outcome === 'object' && redirects.length < MAX_HOPS) {
    redirects.push(current)
    current = outcome.next
    outcome = await destroyOrFollow(records, current)
  }
  // The last one first: if this stops half-way, the redirects that are left still reach the end.
  for (const redirect of redirects.reverse()) await records.store().destroy(redirect)
  if (typeof outcome !== 'object') return outcome
  reportEndless(records, records.refOf(key))
  return 'gone'
}

/** Ends what is under a key, unless it is a redirect. */
async function destroyOrFollow(
  records: SessionRecords,
  key: StoreKey,
  revision?: Revision,
): Promise<'ok' | 'gone' | { readonly next: StoreKey }> {
  const store = records.store()
  let believed = revision
  for (let changes = 0; changes < MAX_CHANGES; changes++) {
    if (believed !== undefined) {
      const outcome = await store.destroy(key, believed)
      if (outcome !== 'conflict') return outcome
    }
    const record = await store.read(key)
    if (!record) return 'gone'
    const next = nextKeyOf(record)
    // What has expired redirects nowhere: a store that nobody has collected may hold any number of them.
    if (next !== undefined) return isExpired(record.expiresAt, records.clock()) ? 'gone' : { next }
    believed = record.revision
  }
  throw new StoreError(`A session \`${records.name}\` changed ${MAX_CHANGES} times while it was to be ended.`)
}

/**
 * The key of a session that may have been taken from `key` to another one, with a redirect.
 * @returns undefined when the redirects form a circle or are too many @throws UnreadableRecordError by policy
 */
export async function keyBehind(records: SessionRecords, key: StoreKey): Promise<StoreKey | undefined> {
  let current = key
  for (let hops = 0; hops <= MAX_HOPS; hops++) {
    const record = await records.store().read(current)
    const next = record && !isExpired(record.expiresAt, records.clock()) ? nextKeyOf(record) : undefined
    if (next === undefined) return current
    current = next
  }
  reportEndless(records, records.refOf(key))
  return undefined
}

/** Whether a walk that has followed this many redirects may go on. @throws UnreadableRecordError by policy when it may not */
export function mayFollow(records: SessionRecords, id: SessionId, hops: number): boolean {
  if (hops < MAX_HOPS) return true
  reportEndless(records, records.refOf(records.keys.of(id)))
  return false
}

function reportEndless(records: SessionRecords, ref: string): void {
  const error = new UnreadableRecordError(
    `Stored redirects of session \`${records.name}\` form a circle, or a chain of more than ${MAX_HOPS}. They are damaged, or were not written by this library.`,
  )
  records.emitRef('invalid', ref, { keys: [], error })
  if (records.reading.onUnreadable === 'throw') throw error
}

/** The redirect under an old id; undefined when it has expired or is damaged. @throws UnreadableRecordError by policy */
export function follow(records: SessionRecords, { id }: Place, record: StoredRecord): Redirect | undefined {
  if (isExpired(record.expiresAt, records.clock())) return undefined
  try {
    return decodeRedirect(record.bytes, records.name, id)
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error
    records.emit('invalid', id, { keys: [], error })
    if (records.reading.onUnreadable === 'throw') throw error
    return undefined
  }
}

/** The id that a session has by now; undefined when it has ended. */
export async function currentId(records: SessionRecords, id: SessionId, hops = 0): Promise<SessionId | undefined> {
  const place = placeOf(records, id)
  const record = await records.store().read(place.key)
  if (!record) return undefined
  if (!isRedirect(record.bytes)) return isExpired(record.expiresAt, records.clock()) ? undefined : id
  const redirect = follow(records, place, record)
  if (!redirect || !mayFollow(records, id, hops)) return undefined
  return currentId(records, redirect.nextId as SessionId, hops + 1)
}

/** The key that a redirect points to; undefined for anything else, a damaged one too. */
function nextKeyOf({ bytes }: StoredRecord): StoreKey | undefined {
  if (!isRedirect(bytes)) return undefined
  let redirect: RedirectHeader
  try {
    redirect = readRedirectHeader(bytes)
  } catch (error) {
    if (error instanceof UnreadableRecordError) return undefined
    throw error
  }
  return redirect.nextKey as StoreKey
}
