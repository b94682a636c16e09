import type { Clock } from '../../core/clock.js'
import { expiresAtAfterUse } from '../../core/deadline.js'
import { StoreError } from '../../core/errors.js'
import type { IdPolicy, SessionId } from '../../core/id.js'
import { randomToken } from '../../core/random.js'
import type { Revision, StoredRecord, StoreKey } from '../../stores/port.js'
import type { SettledStore } from '../store/settled-store.js'
import type { Contents, FlashEntry } from './contents.js'
import type { Place, RecordFormat } from './format.js'
import type { Emit, EmitRef } from './hooks.js'
import type { KeptContents } from './kept-contents.js'
import type { Sightings } from './sightings.js'
import type { StoreKeys } from './store-keys.js'
import type { SubjectPolicy } from './subject-policy.js'

/**
 * The records of one definition: where they are, how contents become bytes, and which hooks hear of them. It knows no
 * request.
 */
export interface SessionRecords {
  /** The name of the definition. */
  readonly name: string
  readonly clock: Clock
  readonly ids: IdPolicy
  readonly keys: StoreKeys
  readonly format: RecordFormat
  /** What was decoded before. */
  readonly kept: KeptContents
  /** The version of the schema. */
  readonly schemaVersion: number
  readonly reading: ReadPolicy
  /** Whose session each is; undefined where the app does not say. */
  readonly subjects: SubjectPolicy | undefined
  /** Who delivers a flash where no compare-and-set decides it; undefined where one does. */
  readonly flashClaims: FlashClaims | undefined
  /** What other servers hold or do, as this process has seen it. */
  readonly sightings: Sightings
  /** How long one call of the store may take, in milliseconds. */
  readonly storeTimeout: number
  readonly emit: Emit
  readonly emitRef: EmitRef
  /** The name for logs of the session under a key. */
  refOf(key: StoreKey): string
  /** Opens the store on first use: a definition alone opens no connection. */
  store(): SettledStore
}

/** Lets one of any number of requests deliver a flash. */
export interface FlashClaims {
  /** True once, for whoever asks first. @throws StoreError */
  claim(session: StoreKey, channel: string, entry: FlashEntry, bytes: Uint8Array): Promise<boolean>
  /** It was not delivered after all. @throws StoreError */
  release(session: StoreKey, channel: string, entry: FlashEntry, bytes: Uint8Array): Promise<void>
}

/** What becomes of a stored value that the schema no longer accepts: `onInvalid` of a definition. */
export type InvalidPolicy = 'hide-key' | 'reset' | 'throw'

/** What happens to a stored record that this code cannot read as it is. */
export interface ReadPolicy {
  readonly onInvalid:
    | InvalidPolicy
    | ((event: { readonly session: string; readonly keys: readonly string[] }) => InvalidPolicy)
  readonly onNewerVersion: 'carry' | 'reset' | 'throw'
  readonly onUnreadable: 'reset' | 'throw'
}

/** A record as this process last saw it in the store. */
export interface StoredSession {
  readonly key: StoreKey
  readonly revision: Revision
  /** The stored deadline, in milliseconds since the Unix epoch. */
  readonly expiresAt: number
  readonly contents: Contents
}

/** A session and the id it has, which after a rotation is not the one that was asked for. */
export interface FoundSession {
  readonly id: SessionId
  readonly stored: StoredSession
}

/** A record on its way into the store. */
export interface Written {
  readonly place: Place
  readonly record: StoredRecord
  readonly contents: Contents
}

const REVISION_BYTES = 12

/** 96 random bits: revisions of one record never repeat. */
export function newRevision(): Revision {
  return randomToken(REVISION_BYTES) as Revision
}

export function placeOf(records: SessionRecords, id: SessionId): Place {
  return { id, key: records.keys.of(id) }
}

/** Contents used at `now` as a record with a revision of its own. @throws CodecError, SessionError `ERR_SESSION_TOO_LARGE` */
export function toWritten(records: SessionRecords, place: Place, contents: Contents, now: number): Written {
  const record = {
    bytes: records.format.encode(contents, place, now, records.kept.has(place.key)),
    revision: newRevision(),
    expiresAt: expiresAtAfterUse(contents.lifetime, now),
  }
  const subject = records.subjects?.of(contents)
  return { place, contents, record: subject === undefined ? record : { ...record, subject } }
}

/** What a written record is once the store has taken it. */
export function toStored({ place, record, contents }: Written): StoredSession {
  return { key: place.key, revision: record.revision, expiresAt: record.expiresAt, contents }
}

/**
 * Reports work that has failed without failing a request to the `storeError` hook. The hook has heard of failures of the store
 * already.
 */
export function tellOther(records: SessionRecords, ref: string | undefined, error: unknown): void {
  if (!(error instanceof StoreError)) records.emitRef('storeError', ref, { error })
}
