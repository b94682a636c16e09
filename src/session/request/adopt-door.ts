import { encodeRedirect } from '../../codec/redirect.js'
import { isExpired } from '../../core/deadline.js'
import type { SessionId } from '../../core/id.js'
import type { Revision, StoredRecord } from '../../stores/port.js'
import { follow } from '../coordination/redirects.js'
import type { Place } from '../record/format.js'
import { type FoundSession, newRevision, type SessionRecords } from '../record/records.js'
import { readAgain } from './live-record.js'

/**
 * What has become of an old session is noted in a record of its own, its door: a redirect to the new session, which lives as long
 * as anything is adopted. It is created once, by compare-and-set, so that twenty requests meet in one session; and it outlives the
 * session, so that one that has ended is not adopted again.
 */
export interface Door {
  /** The session behind it; undefined when that has ended. */
  readonly found: FoundSession | undefined
  /** Set while the session has not been counted among those of its subject: who comes meanwhile may do it, too. */
  readonly pending: Revision | undefined
}

/** @returns undefined when the old session was never adopted @throws StoreError, and as `readAgain` */
export async function openDoor(records: SessionRecords, place: Place): Promise<Door | undefined> {
  const record = await records.store().load(place.key)
  if (!record || isExpired(record.expiresAt, records.clock())) return undefined
  const redirect = follow(records, place, record)
  if (!redirect) return { found: undefined, pending: undefined }
  const found = await readAgain(records, redirect.nextId as SessionId)
  return { found, pending: redirect.graceUntil === PENDING ? record.revision : undefined }
}

const PENDING = 0

/** The record of a door that leads to `next` until `until`, in milliseconds since the Unix epoch. */
export function doorRecord(
  records: SessionRecords,
  door: Place,
  next: Place,
  until: number,
  isPending: boolean,
): StoredRecord {
  const redirect = { graceUntil: isPending ? PENDING : until, nextKey: next.key, nextId: next.id }
  return { bytes: encodeRedirect(redirect, records.name, door.id), revision: newRevision(), expiresAt: until }
}
