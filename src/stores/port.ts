/**
 * The store port: bytes under a key until a deadline. A store knows nothing of sessions, schemas or codecs, and it
 * owns no clock: who reads decides what has expired. A whole working store:
 *
 * ```ts
 * function tinyStore(): SessionStore {
 *   const records = new Map<StoreKey, StoredRecord>()
 *   return {
 *     guarantees: { atomicUpdate: true, durable: false, shared: false, revocable: true },
 *     read: async (key) => records.get(key),
 *     create: async (key, record) => (records.has(key) ? 'exists' : (records.set(key, record), 'ok')),
 *     update: async (key, change, expected) => {
 *       const old = records.get(key)
 *       if (!old) return 'gone'
 *       if (old.revision !== expected) return 'conflict'
 *       records.set(key, { ...change, expiresAt: change.expiresAt === 'keep' ? old.expiresAt : change.expiresAt })
 *       return 'ok'
 *     },
 *     touch: async (key, expiresAt, seen) => {
 *       const old = records.get(key)
 *       if (!old) return 'gone'
 *       if (old.revision !== seen) return 'stale'
 *       records.set(key, { ...old, expiresAt })
 *       return 'ok'
 *     },
 *     destroy: async (key, expected) => {
 *       const old = records.get(key)
 *       if (!old) return 'gone'
 *       if (expected !== undefined && old.revision !== expected) return 'conflict'
 *       records.delete(key)
 *       return 'ok'
 *     },
 *   }
 * }
 * ```
 */

declare const storeKeyBrand: unique symbol
declare const revisionBrand: unique symbol

/** Where a record lives: session name, a marker and a hash of the id. Any UTF-8 text, compared byte for byte. */
export type StoreKey = string & { readonly [storeKeyBrand]: true }

/**
 * A random token made by the writer of a record. Because the writer makes it, a reader can tell after a timeout
 * whether the write was its own. Compared byte for byte.
 */
export type Revision = string & { readonly [revisionBrand]: true }

/** A record as a store keeps it: bytes that mean nothing to it. */
export interface StoredRecord {
  /** The record, whole. */
  readonly bytes: Uint8Array
  /** Which state of the record this is. */
  readonly revision: Revision
  /** Milliseconds since the Unix epoch. The store may drop the record from then on, never before. */
  readonly expiresAt: number
  /** Whose session this is, for stores with a subject index: up to 128 bytes of ASCII, compared byte for byte. */
  readonly subject?: string
}

/** A record on its way into an existing place: `expiresAt: 'keep'` leaves the stored deadline as it is. */
export interface RecordChange {
  /** The record, whole. */
  readonly bytes: Uint8Array
  /** Which state of the record this makes. */
  readonly revision: Revision
  /** Milliseconds since the Unix epoch, or `keep` for the deadline that is stored. */
  readonly expiresAt: number | 'keep'
  /** Whose session this is from now on; left out, nobody's. */
  readonly subject?: string
}

/** What the caller of a store says beside the call itself. */
export interface StoreCallOptions {
  /**
   * Aborts when nobody waits for the answer any more. From then on the call must not begin anything at the backend: not after
   * waiting for a connection or a turn, not by trying again. What has begun may be given up or go on; its caller takes the
   * outcome for unknown and reads what became of it. How an aborted call ends does not matter.
   * @default none: the call may take as long as it takes
   */
  readonly signal?: AbortSignal
}

/** What a store can promise. A definition that needs a missing promise is refused when it is defined. */
export interface StoreGuarantees {
  /** `update`, `touch` and `destroy` compare and act in one step, also between processes that share the store. */
  readonly atomicUpdate: boolean
  /** An acknowledged write survives a restart of the process. */
  readonly durable: boolean
  /** Several processes see the same records. */
  readonly shared: boolean
  /** A destroyed record is gone at once, for everybody. */
  readonly revocable: boolean
  /**
   * What the store lacks with the consent of whoever chose it, by an option of the store: a definition refuses a store that lacks
   * one of these otherwise. @default none
   */
  readonly accepted?: readonly ('atomicUpdate' | 'revocable')[]
}

/**
 * Rules for every method: absence is an answer, not an error; a failing backend rejects with the backend's own error,
 * which the caller wraps; a method takes one round trip; the bytes handed in and out are never shared with the caller. A
 * store that answers at once, or whose driver can give up nothing, may leave the options out.
 */
export interface SessionStore {
  /** What it promises. */
  readonly guarantees: StoreGuarantees

  /** The record under `key`, or undefined. An expired record may still be returned: the caller checks `expiresAt`. */
  read(key: StoreKey, options?: StoreCallOptions): Promise<StoredRecord | undefined>

  /** Inserts. `exists` when anything is stored under `key`, which is then left as it is. */
  create(key: StoreKey, record: StoredRecord, options?: StoreCallOptions): Promise<'ok' | 'exists'>

  /**
   * Replaces the record if its revision is `expected`, in one atomic step. Never inserts: `gone` when nothing is there,
   * `conflict` when the revision differs.
   */
  update(
    key: StoreKey,
    change: RecordChange,
    expected: Revision,
    options?: StoreCallOptions,
  ): Promise<'ok' | 'conflict' | 'gone'>

  /**
   * Moves only the deadline, if the revision is still `seen`; the revision stays. Never inserts: `gone` when nothing is there,
   * `stale` when the record has moved on (whoever moved it has set a newer deadline).
   */
  touch(key: StoreKey, expiresAt: number, seen: Revision, options?: StoreCallOptions): Promise<'ok' | 'stale' | 'gone'>

  /** Removes the record, or with `expected` only that revision of it. `gone` when nothing is there, which is fine. */
  destroy(key: StoreKey, expected?: Revision, options?: StoreCallOptions): Promise<'ok' | 'conflict' | 'gone'>

  /** Ends what the store itself opened. A connection brought by the user stays open. */
  close?(): Promise<void>
}

/** Power: deletes records whose deadline has passed, at most `limit` in one call; answers how many it deleted. */
export interface Collectable {
  /**
   * Deletes up to `limit` records that have expired by `now`, in milliseconds since the Unix epoch; returns how many. Fewer than
   * `limit` says that there are no more.
   */
  collectGarbage(now: number, limit: number, options?: StoreCallOptions): Promise<number>
}

/**
 * Power: gives a record a new key and new bytes in one atomic step, if its revision is `expected` (a safe `regenerate`).
 * `conflict` also when the new key is taken.
 */
export interface Movable {
  /** Moves the record from `from` to `to`. Never inserts: `gone` when nothing is there. */
  move(
    from: StoreKey,
    to: StoreKey,
    record: StoredRecord,
    expected: Revision,
    options?: StoreCallOptions,
  ): Promise<'ok' | 'conflict' | 'gone'>
}

/** A record as `scan` and `bySubject` meet it. */
export interface KeyedRecord {
  /** Where it is. */
  readonly key: StoreKey
  /** What is there. */
  readonly record: StoredRecord
}

/** Power: walks all records whose key starts with `prefix`, in no order; records written meanwhile may be missed. */
export interface Scannable {
  /** The records whose key starts with `prefix`; expired ones that are still there may be among them. */
  scan(prefix: string): AsyncIterable<KeyedRecord>
}

/**
 * Power: walks the records of one subject, in no order. A record whose `create`, `update` or `move` with that subject was
 * acknowledged before the call is met, unless it ended meanwhile; so an index is written before the record, never after.
 * Records of another subject, or that moved on to one, are not met.
 */
export interface SubjectIndex {
  /** The records whose `subject` is this; expired ones that are still there may be among them. */
  bySubject(subject: string): AsyncIterable<KeyedRecord>
}

/** One of many updates. */
export interface BulkChange {
  /** Which record. */
  readonly key: StoreKey
  /** What it becomes. */
  readonly change: RecordChange
  /** Its revision so far. */
  readonly expected: Revision
}

/** Power: many updates in one round trip, for tools that rewrite a store. Each is done or not by itself, as `update` does it. */
export interface BulkUpdatable {
  /** Runs `update` for each; the answers are in the order of `changes`. */
  updateMany(
    changes: readonly BulkChange[],
    options?: StoreCallOptions,
  ): Promise<readonly ('ok' | 'conflict' | 'gone')[]>
}

/** A store with every power. */
export interface FullStore extends SessionStore, Collectable, Movable, Scannable, SubjectIndex {}

export function isCollectable(store: SessionStore): store is SessionStore & Collectable {
  return typeof (store as Partial<Collectable>).collectGarbage === 'function'
}

export function isMovable(store: SessionStore): store is SessionStore & Movable {
  return typeof (store as Partial<Movable>).move === 'function'
}

export function isBulkUpdatable(store: SessionStore): store is SessionStore & BulkUpdatable {
  return typeof (store as Partial<BulkUpdatable>).updateMany === 'function'
}

export function isScannable(store: SessionStore): store is SessionStore & Scannable {
  return typeof (store as Partial<Scannable>).scan === 'function'
}

export function hasSubjectIndex(store: SessionStore): store is SessionStore & SubjectIndex {
  return typeof (store as Partial<SubjectIndex>).bySubject === 'function'
}
