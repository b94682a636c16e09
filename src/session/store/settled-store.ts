import { SessionConfigError, StoreError } from '../../core/errors.js'
import { createPace } from '../../core/pace.js'
import {
  type BulkChange,
  hasSubjectIndex,
  isBulkUpdatable,
  isCollectable,
  isMovable,
  isScannable,
  type KeyedRecord,
  type RecordChange,
  type Revision,
  type SessionStore,
  type StoreCallOptions,
  type StoredRecord,
  type StoreKey,
} from '../../stores/port.js'
import { createBoundedCall } from './bounded-call.js'

/**
 * A store as the session layer wants it: every call ends in bounded time, every failure is a StoreError, and an outcome
 * that the network left unknown is settled by reading, never by doing it twice.
 */
export interface SettledStore {
  /** The read with which a request begins: where it fails soon, it is made once more, within the same time-out. */
  load(key: StoreKey): Promise<StoredRecord | undefined>
  read(key: StoreKey): Promise<StoredRecord | undefined>
  create(key: StoreKey, record: StoredRecord): Promise<'ok' | 'exists'>
  update(key: StoreKey, change: RecordChange, expected: Revision): Promise<'ok' | 'conflict' | 'gone'>
  /** Many updates, in one round trip where the store can. The answers are in their order. */
  updateMany(changes: readonly BulkChange[]): Promise<readonly ('ok' | 'conflict' | 'gone')[]>
  touch(key: StoreKey, expiresAt: number, seen: Revision): Promise<'ok' | 'stale' | 'gone'>
  /** With `expected` only that revision; a `conflict` leaves it. */
  destroy(key: StoreKey, expected?: Revision): Promise<'ok' | 'conflict' | 'gone'>
  /** Deletes at most `limit` expired records; 0 where the store does that itself. */
  collectGarbage(now: number, limit: number): Promise<number>
  /** Walks the records whose key starts with `prefix`. @throws SessionConfigError when the store cannot */
  scan(prefix: string): AsyncIterable<KeyedRecord>
  /** Walks the records of a subject. @throws SessionConfigError when the store cannot */
  bySubject(subject: string): AsyncIterable<KeyedRecord>
  /**
   * Gives a session a new key: in one step where the store can, else by claiming the old record and creating the new one.
   * `claimed` when the old record is gone and the new key is taken: the record has to be created under another.
   */
  move(from: StoreKey, to: StoreKey, record: StoredRecord, expected: Revision): Promise<Moved>
}

type Moved = 'ok' | 'conflict' | 'gone' | 'claimed'

/** Called for each call of a SettledStore that fails. @param key of the record that was known before; undefined for a new one */
export type OnFailure = (error: StoreError, key: StoreKey | undefined) => void

/** @param timeoutMs how long one call may take */
export function createSettledStore(
  store: SessionStore,
  session: string,
  timeoutMs: number,
  onFailure: OnFailure = () => {},
): SettledStore {
  const call = createBoundedCall(session, timeoutMs)

  /** Reports a failure to the hook: here and nowhere else, once for each call of a SettledStore. */
  function told(error: unknown, key: StoreKey | undefined): unknown {
    if (error instanceof StoreError) onFailure(error, key)
    return error
  }

  /** For a call whose failure needs no settling: it is reported at once. */
  const telling = (key: StoreKey | undefined) => (error: unknown) => void told(error, key)

  async function create(key: StoreKey, record: StoredRecord, known?: StoreKey): Promise<'ok' | 'exists'> {
    try {
      return await call('create', (options) => store.create(key, record, options))
    } catch (error) {
      const found = await settle(error, key, known)
      if (found?.revision === record.revision) return 'ok'
      if (found) return 'exists'
      throw told(error, known)
    }
  }

  function update(key: StoreKey, change: RecordChange, expected: Revision): Promise<'ok' | 'conflict' | 'gone'> {
    const made = call('update', (options) => store.update(key, change, expected, options))
    return made.catch(async (error: unknown) => {
      const found = await settle(error, key, key)
      if (!found) return 'gone'
      if (found.revision === change.revision) return 'ok'
      // Still the old revision: not applied so far. Any other: applied and overwritten, or never applied; replaying could apply it twice.
      throw told(error, key)
    })
  }

  async function updateMany(changes: readonly BulkChange[]): Promise<readonly ('ok' | 'conflict' | 'gone')[]> {
    const oneByOne = () => Promise.all(changes.map(({ key, change, expected }) => update(key, change, expected)))
    if (!isBulkUpdatable(store)) return oneByOne()
    try {
      return await call('updateMany', (options) => store.updateMany(changes, options))
    } catch {
      // Those that were done all the same answer `conflict`; who reads them again finds his own revision.
      return oneByOne()
    }
  }

  async function destroy(key: StoreKey, expected?: Revision): Promise<'ok' | 'conflict' | 'gone'> {
    const attempt = (options: StoreCallOptions) => store.destroy(key, expected, options)
    try {
      return await call('destroy', attempt)
    } catch {
      // Removing twice is removing once.
      return call('destroy', attempt, telling(key))
    }
  }

  async function move(from: StoreKey, to: StoreKey, record: StoredRecord, expected: Revision): Promise<Moved> {
    if (!isMovable(store)) return claimAndCreate(from, to, record, expected)
    try {
      return await call('move', (options) => store.move(from, to, record, expected, options))
    } catch (error) {
      const found = await settle(error, to, from)
      if (found?.revision === record.revision) return 'ok'
      throw told(error, from)
    }
  }

  async function claimAndCreate(
    from: StoreKey,
    to: StoreKey,
    record: StoredRecord,
    expected: Revision,
  ): Promise<Moved> {
    let claim: 'ok' | 'conflict' | 'gone'
    try {
      claim = await call('destroy', (options) => store.destroy(from, expected, options))
    } catch (error) {
      const found = await settle(error, from, from)
      // Gone, by this call or by a logout. Taking it for a logout loses a session at worst; the other way would resurrect one.
      if (!found) return 'gone'
      if (found.revision !== expected) return 'conflict'
      throw told(error, from)
    }
    if (claim !== 'ok') return claim
    return (await create(to, record, from)) === 'exists' ? 'claimed' : 'ok'
  }

  /** What is stored after a call that failed. @throws the first failure when that cannot be read either */
  async function settle(
    failure: unknown,
    key: StoreKey,
    known: StoreKey | undefined,
  ): Promise<StoredRecord | undefined> {
    try {
      return await call('read', (options) => store.read(key, options))
    } catch {
      throw told(failure, known)
    }
  }

  /** Each step of a walk is a call of its own, so that a long walk is no time-out and a stuck one is. */
  async function* walk(what: string, records: AsyncIterable<KeyedRecord>): AsyncIterable<KeyedRecord> {
    const iterator = records[Symbol.asyncIterator]()
    const pace = createPace()
    let finished = false
    try {
      for (;;) {
        const step = await call(what, () => iterator.next(), telling(undefined))
        finished = step.done === true
        if (finished) return
        await pace()
        yield step.value as KeyedRecord
      }
    } finally {
      if (!finished) await iterator.return?.()
    }
  }

  function cannot(what: string): SessionConfigError {
    return new SessionConfigError(`The store of session \`${session}\` cannot ${what}. Use another store for that.`)
  }

  return {
    scan(prefix) {
      if (!isScannable(store)) throw cannot('list its records')
      return walk('scan', store.scan(prefix))
    },
    bySubject(subject) {
      if (!hasSubjectIndex(store)) throw cannot('find the sessions of a subject')
      return walk('bySubject', store.bySubject(subject))
    },
    load: (key) => call('read', (options) => store.read(key, options), telling(key), true),
    read: (key) => call('read', (options) => store.read(key, options), telling(key)),
    create: (key, record) => create(key, record),
    update,
    updateMany,
    destroy,
    move,
    touch: (key, expiresAt, seen) =>
      call('touch', (options) => store.touch(key, expiresAt, seen, options), telling(key)),
    collectGarbage: async (now, limit) =>
      isCollectable(store)
        ? call('collectGarbage', (options) => store.collectGarbage(now, limit, options), telling(undefined))
        : 0,
  }
}
