import type { Collection, Db, MongoClient } from 'mongodb'
import { SessionConfigError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { withOwnBytes } from './copy.js'
import { missingLibrary } from './failure.js'
import { openClient } from './mongodb/connection.js'
import { mongodbFailure } from './mongodb/failure.js'
import { type MongodbStoreOptions, mongodbRule } from './mongodb/options.js'
import { type Row, type Sessions, sessionsOf } from './mongodb/sessions.js'
import { replacedWhenSilent, type Source } from './mongodb/silence.js'
import { assertCollectionName, databaseIn } from './mongodb/target.js'
import { openOnce } from './open-once.js'
import { pages } from './pages.js'
import type {
  Collectable,
  KeyedRecord,
  Scannable,
  SessionStore,
  StoreCallOptions,
  StoredRecord,
  StoreKey,
  SubjectIndex,
} from './port.js'

export type {
  MongodbCollection,
  MongodbCollectionOptions,
  MongodbDatabase,
  MongodbDbOptions,
  MongodbStoreOptions,
  MongodbUrlOptions,
} from './mongodb/options.js'

/** What {@link mongodbStore} returns. `close` is final. */
export interface MongodbStore extends SessionStore, Collectable, Scannable, SubjectIndex {
  close(): Promise<void>
}

/**
 * Keeps records as documents of a MongoDB collection (server 4.2 or newer), through the official driver. One command for
 * each call; `destroy` of a certain revision that deletes nothing takes a second, to tell `conflict` from `gone`.
 *
 * Writes are acknowledged by a majority, and reads come from the primary and show only what a majority holds, whatever
 * the url, `db` or `collection` say: a failover takes back neither a write nor a logout. The first read after an election
 * waits until the new primary knows all that the old one had acknowledged.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` for a url or a name that cannot be used, and when no database is named.
 * Calls reject with SessionError `ERR_SESSION_MISSING_LIBRARY` when `mongodb` is not installed, with StoreError
 * `ERR_SESSION_STORE` and the server's code when the server refuses, and otherwise with the driver's message. None of them
 * holds a key or a byte of a session.
 * @example
 * const store = mongodbStore({ url: 'mongodb://127.0.0.1:27017/app' })
 * @example
 * const store = mongodbStore({ db: client.db('app'), collection: 'web_sessions', initIndexes: true })
 */
export function mongodbStore(options: MongodbStoreOptions): MongodbStore {
  checkOptions('mongodbStore()', mongodbRule, options)
  const open = opener(options)
  const connection = openOnce('mongodbStore', open, (opened) => opened.close())

  async function call<T>(
    options: StoreCallOptions | undefined,
    args: Record<string, unknown>,
    run: (sessions: Sessions) => Promise<T>,
  ): Promise<T> {
    let client: MongoClient | undefined
    try {
      const source = await connection.get(options?.signal)
      return await source.use(options?.signal, (opened) => {
        client = opened.client
        return run(opened.resource)
      })
    } catch (error) {
      throw missingLibrary(error, 'mongodbStore', 'mongodb@7') ?? mongodbFailure(error, args, client)
    }
  }

  return {
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },

    read: (key, callOptions) =>
      call(callOptions, { key }, async (sessions) => {
        const row = await sessions.read(key, callOptions?.signal)
        return row ? recordOf(row) : undefined
      }),

    create(key, record, callOptions) {
      const own = withOwnBytes(record)
      return call(callOptions, { key, ...own }, (sessions) =>
        sessions.insert(key, own).then(
          () => 'ok' as const,
          (error: unknown) => {
            if (isDuplicate(error)) return 'exists' as const
            throw error
          },
        ),
      )
    },

    update(key, change, expected, callOptions) {
      const own = withOwnBytes(change)
      return call(callOptions, { key, ...own, expected }, async (sessions) => {
        const answer = await sessions.replace(key, expected, own)
        return answer === 'other' ? 'conflict' : answer
      })
    },

    touch: (key, expiresAt, seen, callOptions) =>
      call(callOptions, { key, seen }, async (sessions) => {
        const answer = await sessions.setDeadline(key, seen, expiresAt)
        return answer === 'other' ? 'stale' : answer
      }),

    destroy: (key, expected, callOptions) =>
      call(callOptions, { key, expected }, async (sessions) => {
        if (await sessions.delete(key, expected)) return 'ok'
        return expected !== undefined && (await sessions.has(key)) ? 'conflict' : 'gone'
      }),

    /** Two commands. Needed only where the server removes nothing itself; each deleted record is counted once. */
    collectGarbage: (now, limit, callOptions) =>
      call(callOptions, {}, (sessions) => sessions.collect(now, limit, callOptions?.signal)),

    async *scan(prefix) {
      const page = (last: Row | undefined, limit: number) =>
        call(undefined, { prefix, after: last?._id }, (all) => all.page(prefix, last?._id, limit))
      for await (const found of pages(page, keyedOf)) {
        // The keys come in order, so the first without the prefix is the end of those that have it.
        if (!found.key.startsWith(prefix)) return
        yield found
      }
    },

    bySubject: (subject) =>
      pages(
        (last, limit) =>
          call(undefined, { subject, after: last?._id }, (all) => all.subjectPage(subject, last?._id, limit)),
        keyedOf,
      ),

    close: () => connection.close(),
  }
}

interface Opened {
  readonly client: MongoClient
  readonly resource: Sessions
}

/** Checks the options, and answers how to get at the collection. */
function opener({
  url,
  db,
  database,
  collection = 'sessions',
  initIndexes = url !== undefined,
}: MongodbStoreOptions): (signal: AbortSignal | undefined) => Promise<Source<Opened>> {
  const given = [url, db, typeof collection === 'string' ? undefined : collection].filter((way) => way !== undefined)
  if (given.length !== 1) {
    throw new SessionConfigError(
      'mongodbStore: give url (the store opens a client), db (a Db of yours) or collection (a Collection of yours), one of them.',
    )
  }
  if (typeof collection === 'string') assertCollectionName(collection)
  const place = url === undefined ? undefined : { url, database: databaseIn(url, database) }
  const collectionIn = (inside: unknown) =>
    (typeof collection === 'string' ? (inside as Db).collection(collection) : collection) as Collection<Row>
  const complete = (sessions: Sessions) => (initIndexes ? sessions.createIndexes(ttlMarginSeconds) : undefined)

  return async (signal) => {
    if (place) {
      const open = (former: MongoClient | undefined, limit: AbortSignal | undefined) =>
        openClient(
          place.url,
          place.database,
          (inside) => sessionsOf(collectionIn(inside), former),
          former ? () => undefined : complete,
          limit,
        )
      return replacedWhenSilent(await open(undefined, signal), (former, limit) => open(former.client, limit))
    }
    const found = collectionIn(db)
    const resource = sessionsOf(found)
    await complete(resource)
    const opened = { client: found.db.client, resource }
    return { use: (_signal, run) => run(opened), close: async () => {} }
  }
}

// The server goes by a clock of its own, which may run ahead of the one that made the deadline.
const ttlMarginSeconds = 60

// Never by the text, which is the server's to change. A unique index of the user's own is not our key.
function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 11_000) return false
  const fields = 'keyPattern' in error ? error.keyPattern : undefined
  return typeof fields !== 'object' || fields === null || '_id' in fields
}

function keyedOf(row: Row): KeyedRecord {
  return { key: row._id as StoreKey, record: recordOf(row) }
}

function recordOf({ v, d, e, s }: Row): StoredRecord {
  const record = { bytes: new Uint8Array(d), revision: v as StoredRecord['revision'], expiresAt: e.getTime() }
  return s === undefined ? record : { ...record, subject: s }
}
