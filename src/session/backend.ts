import { SessionConfigError, SessionError, StoreError } from '../core/errors.js'
import { createPace } from '../core/pace.js'
import { areTimersFaked, FAKE_LESS, turn } from '../core/timers.js'
import {
  hasSubjectIndex,
  isCollectable,
  isMovable,
  isScannable,
  type KeyedRecord,
  type RecordChange,
  type SessionStore,
  type StoreCallOptions,
  type StoredRecord,
  type StoreKey,
  type Version,
} from '../stores/port.js'
import { traced } from './store-calls.js'
import { createTimeouts } from './timeouts.js'

/**
 * A store as the session layer wants it: every call ends in bounded time, every failure is a StoreError, and an outcome
 * that the network left unknown is settled by reading, never by doing it twice.
 */
export interface Backend {
  /** The read with which a request begins: where it fails soon, it is made once more, within the same time-out. */
  load(key: StoreKey): Promise<StoredRecord | undefined>
  read(key: StoreKey): Promise<StoredRecord | undefined>
  create(key: StoreKey, record: StoredRecord): Promise<'ok' | 'exists'>
  update(key: StoreKey, change: RecordChange, expected: Version): Promise<'ok' | 'conflict' | 'gone'>
  touch(key: StoreKey, expiresAt: number, seen: Version): Promise<'ok' | 'stale' | 'gone'>
  /** With `expected` only that version; a `conflict` leaves it. */
  destroy(key: StoreKey, expected?: Version): Promise<'ok' | 'conflict' | 'gone'>
  /** Deletes at most `limit` expired records; 0 where the store does that itself. */
  collectGarbage(now: number, limit: number): Promise<number>
  /** Walks the records whose key starts with `prefix`. @throws SessionConfigError when the store cannot */
  scan(prefix: string): AsyncIterable<KeyedRecord>
  /** Walks the records of a subject. @throws SessionConfigError when the store cannot */
  bySubject(subject: string): AsyncIterable<KeyedRecord>
  /**
   * Gives a session a new key: in one step where the store can, else by claiming the old record and creating the new one.
   * `claimed` when the old record is gone and something else lies under the new key: it wants creating under another.
   */
  move(from: StoreKey, to: StoreKey, record: StoredRecord, expected: Version): Promise<Moved>
}

type Moved = 'ok' | 'conflict' | 'gone' | 'claimed'

/** @param timeoutMs how long one call may take */
export function createBackend(store: SessionStore, session: string, timeoutMs: number): Backend {
  const timeouts = createTimeouts(timeoutMs)

  const call = <T>(what: string, run: (options: StoreCallOptions) => Promise<T>, mayRepeat = false): Promise<T> =>
    traced(session, what, () => bounded(what, run, mayRepeat))

  function bounded<T>(what: string, run: (options: StoreCallOptions) => Promise<T>, mayRepeat: boolean): Promise<T> {
    // By hand rather than by Promise.race, on which every request would spend five promises.
    return new Promise((resolve, reject) => {
      let again = mayRepeat
      let first: unknown
      const waiting = timeouts.begin(() => {
        const message = `The store of session \`${session}\` did not answer \`${what}\` within ${timeoutMs} ms (\`storeTimeout\`).${faked()}`
        reject(new StoreError(message, { timeout: true, ...(first !== undefined && { cause: first }) }))
      })
      const fail = (error: unknown) => {
        if (again && isWorthRepeating(error) && timeouts.isEarly(waiting)) {
          again = false
          first = error
          // What has cut one connection may have cut others: between two turns the process looks at its sockets, and drivers hear of it.
          void turn().then(turn).then(begin)
          return
        }
        timeouts.end(waiting)
        const known = error instanceof SessionError
        const message = `The store of session \`${session}\` failed on \`${what}\` (see cause).`
        reject(known ? error : new StoreError(message, { cause: error }))
      }
      const succeed = (answer: T) => {
        timeouts.end(waiting)
        resolve(answer)
      }
      begin()

      function begin(): void {
        try {
          run(waiting.batch.options).then(succeed, fail)
        } catch (error) {
          fail(error)
        }
      }
    })
  }

  const read = (key: StoreKey) => call('read', (options) => store.read(key, options))

  async function create(key: StoreKey, record: StoredRecord): Promise<'ok' | 'exists'> {
    try {
      return await call('create', (options) => store.create(key, record, options))
    } catch (error) {
      const found = await settle(error, key)
      if (found?.version === record.version) return 'ok'
      if (found) return 'exists'
      throw error
    }
  }

  async function update(key: StoreKey, change: RecordChange, expected: Version): Promise<'ok' | 'conflict' | 'gone'> {
    try {
      return await call('update', (options) => store.update(key, change, expected, options))
    } catch (error) {
      const found = await settle(error, key)
      if (!found) return 'gone'
      if (found.version === change.version) return 'ok'
      // Still the old version: not applied so far. Any other: applied and overwritten, or never applied; replaying could apply it twice.
      throw error
    }
  }

  async function destroy(key: StoreKey, expected?: Version): Promise<'ok' | 'conflict' | 'gone'> {
    const attempt = () => call('destroy', (options) => store.destroy(key, expected, options))
    try {
      return await attempt()
    } catch {
      // Removing twice is removing once.
      return attempt()
    }
  }

  async function move(from: StoreKey, to: StoreKey, record: StoredRecord, expected: Version): Promise<Moved> {
    if (!isMovable(store)) return claimAndCreate(from, to, record, expected)
    try {
      return await call('move', (options) => store.move(from, to, record, expected, options))
    } catch (error) {
      const found = await settle(error, to)
      if (found?.version === record.version) return 'ok'
      throw error
    }
  }

  async function claimAndCreate(from: StoreKey, to: StoreKey, record: StoredRecord, expected: Version): Promise<Moved> {
    let claim: 'ok' | 'conflict' | 'gone'
    try {
      claim = await call('destroy', (options) => store.destroy(from, expected, options))
    } catch (error) {
      const found = await settle(error, from)
      // Gone, but by whom? Taking it for somebody's logout loses a session at worst; the other way would resurrect one.
      if (!found) return 'gone'
      if (found.version !== expected) return 'conflict'
      throw error
    }
    if (claim !== 'ok') return claim
    return (await create(to, record)) === 'exists' ? 'claimed' : 'ok'
  }

  /** What is there after a call that failed; the first failure when that cannot be told either. */
  async function settle(failure: unknown, key: StoreKey): Promise<StoredRecord | undefined> {
    try {
      return await read(key)
    } catch {
      throw failure
    }
  }

  /** Each step of a walk is a call of its own, so that a long walk is no time-out and a stuck one is. */
  async function* walk(what: string, records: AsyncIterable<KeyedRecord>): AsyncIterable<KeyedRecord> {
    const iterator = records[Symbol.asyncIterator]()
    const pace = createPace()
    let finished = false
    try {
      for (;;) {
        const step = await call(what, () => iterator.next())
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
    load: (key) => call('read', (options) => store.read(key, options), true),
    read,
    create,
    update,
    destroy,
    move,
    touch: (key, expiresAt, seen) => call('touch', (options) => store.touch(key, expiresAt, seen, options)),
    collectGarbage: async (now, limit) =>
      isCollectable(store) ? call('collectGarbage', (options) => store.collectGarbage(now, limit, options)) : 0,
  }
}

/** Not a time-out, which would only take as long again, nor what is wrong with the app, its options or a record. */
function isWorthRepeating(error: unknown): boolean {
  return !(error instanceof SessionError) || (error instanceof StoreError && error.code === 'ERR_SESSION_STORE')
}

/** What else a developer must know of a time-out in a test. */
function faked(): string {
  return areTimersFaked()
    ? ` setTimeout is faked: the test has moved it on while the call was under way, or the store waits for a timer that nobody moves on. ${FAKE_LESS}`
    : ''
}
