import { isRedirect } from '../../codec/redirect.js'
import { isExpired } from '../../core/deadline.js'
import { StoreError } from '../../core/errors.js'
import { digestKey } from '../../core/id.js'
import type { Revision, StoredRecord, StoreKey } from '../../stores/port.js'
import { newRevision, type SessionRecords } from '../record/records.js'
import { destroyThrough, keyBehind } from './redirects.js'

/** How long a note is kept: longer than the requests of one double click run. In milliseconds. */
const NOTE_LIFE_MS = 60_000
/** What was moved, as a note says it: a revision, and a digest of the keys that were kept if not all were. */
export type Mark = string & { readonly __brand: 'Mark' }

/** @param kept undefined when the session is moved as a whole */
export function markOf(records: SessionRecords, revision: Revision, kept: ReadonlySet<string> | undefined): Mark {
  const digest = kept ? `/${digestKey(records.name, 'k1', JSON.stringify([...kept].toSorted()))}` : ''
  return `${revision}${digest}` as Mark
}

/** How many destinations one note holds. An older one is dropped for a newer one. */
const MAX_DESTINATIONS = 16
/** Enough for as many requests at once: whenever one loses the race for the note, another has written it. */
const MAX_ATTEMPTS = MAX_DESTINATIONS
/** How many keys of one session an ending visits at most. */
const MAX_KEYS = 64

/**
 * Notes to which key a session is about to be moved, for requests in flight that have opened it under the old one: a login of the
 * same double click, a logout. The note holds store keys, never an id, and only those requests read it: for all others the
 * old id is dead. It is written before the move, so that a request that finds the session gone finds the note.
 * @param mark what is to be moved
 */
export async function noteMove(records: SessionRecords, from: StoreKey, mark: Mark, to: StoreKey): Promise<void> {
  const store = records.store()
  const key = noteKey(records, from)
  const destination = { key: to, mark }
  try {
    if ((await store.create(key, toRecord(records, [destination]))) === 'ok') return
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const found = await store.read(key)
      const record = toRecord(records, [...destinationsIn(records, found), destination].slice(-MAX_DESTINATIONS))
      const outcome = found ? await store.update(key, record, found.revision) : await store.create(key, record)
      if (outcome === 'ok') return
    }
  } catch (error) {
    // Without the note a parallel login is refused, and a parallel logout ends nothing. The move itself is safe.
    if (!(error instanceof StoreError)) throw error
  }
}

/** A session that another request has moved. */
export interface Moved {
  readonly key: StoreKey
  readonly revision: Revision
  /**
   * Whether the revision that was moved is the one that the caller had read, and was moved as a whole or with the keys that the
   * caller keeps too. Then the caller knows all that was confirmed, and what it keeps brings back nothing that was removed.
   */
  readonly asRead: boolean
}

/**
 * Where a session is that this request had read; undefined when it has ended, or was moved more than a minute ago.
 * @param kept the keys that the caller keeps of it, undefined for all
 */
export async function findMoved(
  records: SessionRecords,
  read: { readonly key: StoreKey; readonly revision: Revision },
  kept: ReadonlySet<string> | undefined,
): Promise<Moved | undefined> {
  const known = [markOf(records, read.revision, undefined), markOf(records, read.revision, kept)]
  // Each request that noted a destination moves the session there once at most, which may happen during a pass: one pass for each.
  let destinations = await destinationsOf(records, read.key)
  for (let pass = 0; pass < destinations.length; pass++) {
    if (pass > 0) destinations = await destinationsOf(records, read.key)
    const found = await findAmong(records, destinations)
    if (!found) continue
    // The note does not say which of them moved it first, and a full one may have lost the first.
    const asRead = destinations.length < MAX_DESTINATIONS && destinations.every(({ mark }) => known.includes(mark))
    return { ...found, asRead }
  }
  return undefined
}

async function findAmong(
  records: SessionRecords,
  destinations: readonly Destination[],
): Promise<Omit<Moved, 'asRead'> | undefined> {
  for (const destination of destinations) {
    const key = await keyBehind(records, destination.key)
    const record = key && (await records.store().read(key))
    if (key && record && !isRedirect(record.bytes) && !isExpired(record.expiresAt, records.clock()))
      return { key, revision: record.revision }
  }
  return undefined
}

/** `destroyThrough`, also for a session that other requests have given new ids since the caller saw it. */
export async function endSession(records: SessionRecords, key: StoreKey, revision?: Revision): Promise<'ok' | 'gone'> {
  let outcome = await destroyThrough(records, key, revision)
  if (outcome === 'ok') return outcome
  // The list grows while it is walked: a session may have been moved more than once.
  const keys = [key]
  for (const from of keys)
    for (const { key: to } of await destinationsOf(records, from)) {
      if (keys.length >= MAX_KEYS || keys.includes(to)) continue
      keys.push(to)
      if ((await destroyThrough(records, to)) === 'ok') outcome = 'ok'
    }
  return outcome
}

interface Destination {
  readonly key: StoreKey
  /** What was to be moved there. */
  readonly mark: Mark
}

async function destinationsOf(records: SessionRecords, from: StoreKey): Promise<readonly Destination[]> {
  const record = await records.store().read(noteKey(records, from))
  return record && !isExpired(record.expiresAt, records.clock()) ? destinationsIn(records, record) : []
}

/** Damaged lines are left out: the session is then gone, as it is without a note. */
function destinationsIn(records: SessionRecords, record: StoredRecord | undefined): readonly Destination[] {
  const lines = record ? Buffer.from(record.bytes).toString().split('\n').slice(-MAX_DESTINATIONS) : []
  return lines.flatMap((line) => {
    const at = line.indexOf(' ')
    const key = line.slice(at + 1) as StoreKey
    return at > 0 && records.keys.isSession(key) ? [{ mark: line.slice(0, at) as Mark, key }] : []
  })
}

function toRecord(records: SessionRecords, destinations: readonly Destination[]): StoredRecord {
  const text = destinations.map(({ key, mark }) => `${mark} ${key}`).join('\n')
  return {
    bytes: new Uint8Array(Buffer.from(text)),
    revision: newRevision(),
    expiresAt: records.clock() + NOTE_LIFE_MS,
  }
}

function noteKey(records: SessionRecords, from: StoreKey): StoreKey {
  return digestKey(records.name, 'm1', from) as StoreKey
}
