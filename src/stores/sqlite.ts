import { checkOptions } from '../core/options/check.js'
import { createPace } from '../core/pace.js'
import { openOnce } from './open-once.js'
import type {
  Collectable,
  Movable,
  Scannable,
  SessionStore,
  StoreCallOptions,
  StoredRecord,
  StoreKey,
  SubjectIndex,
} from './port.js'
import { type Dialect, driverCodeOf, type Explained, explained, sqlCalls } from './sql/calls.js'
import { checkSource, checkTableName } from './sql/options.js'
import { givenSource } from './sql/pool.js'
import { pages, recordOf } from './sql/rows.js'
import { onceFree, openLibsql, placeOf } from './sqlite/connection.js'
import { type SqliteStoreOptions, sqliteRule } from './sqlite/options.js'
import type { Database, Statements } from './sqlite/statements.js'

export type { SqliteDatabase, SqliteDbOptions, SqliteStoreOptions, SqliteUrlOptions } from './sqlite/options.js'

/** What {@link sqliteStore} returns: a store with every power. `close` is final. */
export interface SqliteStore extends SessionStore, Collectable, Movable, Scannable, SubjectIndex {
  close(): Promise<void>
}

/**
 * Keeps records in a table of a SQLite database, through Drizzle. One statement for each call; a second one only to tell
 * `conflict` from `gone` after a call that changed nothing.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` for a table name or url that cannot be used.
 * Calls reject with SessionError `ERR_SESSION_MISSING_LIBRARY` when `drizzle-orm` or `@libsql/client` is not installed,
 * with StoreError `ERR_SESSION_STORE` when the file cannot be opened or the table is missing, and otherwise with the
 * driver's own error. None of them holds a key or a byte of a session.
 * @example
 * const store = sqliteStore({ url: 'file:data/sessions.db' })
 * @example
 * const store = sqliteStore({ db: drizzle(new Database('app.db')), initTable: true })
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  checkOptions('sqliteStore()', sqliteRule, options)
  const { url, authToken, db, table = 'sessions', initTable = url !== undefined } = options
  checkTableName('sqliteStore', table, 63, { reserved: 'sqlite_' })
  checkSource('sqliteStore', options, 'a Drizzle SQLite database')
  const place = url === undefined ? undefined : placeOf(url)

  async function open() {
    const own = url === undefined || place === undefined ? undefined : await openLibsql(url, authToken, place)
    try {
      const [
        { sqliteTable, createTableStatements },
        { asDatabase, checkTransaction, prepareStatements, raw },
        explain,
      ] = await Promise.all([
        import('./sqlite-table.js'),
        import('./sqlite/statements.js'),
        import('./sqlite/explain.js'),
      ])
      const database = own?.db ?? asDatabase(db)
      const verify = own ? undefined : checkTransaction(db)
      const sessions = sqliteTable(table)
      const explainFailure = (failure: Explained<{ database: Database }>) => explain.explainSqlite(failure, sessions)
      dialect.explain = explainFailure
      try {
        verify?.()
        if (initTable) {
          for (const statement of createTableStatements(sessions)) await database.run(raw(statement))
          await explain.checkIndexes(database, sessions)
        }
        const given = givenSource({ database, statements: prepareStatements(database, sessions) }, verify)
        return { ...given, close: () => own?.close() }
      } catch (error) {
        throw (await explained({ explain: explainFailure }, error, {}, async (run) => run({ database }))) ?? error
      }
    } catch (error) {
      own?.close()
      throw error
    }
  }

  const dialect: Dialect<{ database: Database; statements: Statements }> = {
    store: 'sqliteStore',
    backend: 'SQLite database',
    libraries: url === undefined ? 'drizzle-orm@0' : 'drizzle-orm@0 @libsql/client',
    table,
    tableFunction: 'sqliteTable()',
    isMissingTable: (error) => /no such table/.test(error.message),
    // After a busy database libsql leaves its statement unfinished: what the connection acknowledges from then on is in a
    // transaction that nobody commits. Only a new connection is safe, and only an own one can be had.
    ...(url === undefined ? {} : { spoils: (error: unknown) => driverCodeOf(error).startsWith('SQLITE_') }),
  }

  const connection = openOnce(
    'sqliteStore',
    () => (url === undefined ? open() : onceFree(open)),
    (opened) => opened.close(),
  )

  const call = sqlCalls(dialect, connection)

  /** Runs a conditional write. When it changed nothing, one more look tells why; both answers were true at some moment. */
  function attempt<Missed extends string>(
    options: StoreCallOptions | undefined,
    name: 'update' | 'touch' | 'destroy' | 'destroyVersion' | 'move',
    args: Record<string, unknown> & { key: StoreKey },
    missed: Missed,
  ): Promise<'ok' | 'gone' | Missed> {
    return call(options, args, async ({ statements }) => {
      if ((await statements[name].all(args)).length > 0) return 'ok'
      if (name === 'destroy') return 'gone'
      return (await statements.exists.all(args)).length > 0 ? missed : 'gone'
    })
  }

  return {
    guarantees: {
      atomicUpdate: true,
      durable: place?.kind !== 'memory',
      shared: place?.kind !== 'memory',
      revocable: true,
    },

    read: (key, callOptions) =>
      call(callOptions, { key }, async ({ statements }) => {
        const [row] = await statements.read.all({ key })
        return row && recordOf(row)
      }),

    create: (key, record, callOptions) => {
      const args = { key, ...contentsOf(record), expiresAt: record.expiresAt }
      return call(callOptions, args, async ({ statements }) =>
        (await statements.create.all(args)).length > 0 ? 'ok' : 'exists',
      )
    },

    update: (key, change, expected, callOptions) => {
      const expiresAt = change.expiresAt === 'keep' ? null : change.expiresAt
      return attempt(callOptions, 'update', { key, ...contentsOf(change), expiresAt, expected }, 'conflict')
    },

    touch: (key, expiresAt, seen, callOptions) =>
      attempt(callOptions, 'touch', { key, expiresAt, expected: seen }, 'stale'),

    destroy: (key, expected, callOptions) =>
      expected === undefined
        ? attempt(callOptions, 'destroy', { key }, 'conflict')
        : attempt(callOptions, 'destroyVersion', { key, expected }, 'conflict'),

    move: (from, to, record, expected, callOptions) =>
      attempt(
        callOptions,
        'move',
        { key: from, to, ...contentsOf(record), expiresAt: record.expiresAt, expected },
        'conflict',
      ),

    async collectGarbage(now, limit, callOptions) {
      const pace = createPace()
      let deleted = 0
      for (;;) {
        const batch = Math.min(collectAtOnce, limit - deleted)
        const count = await call(
          callOptions,
          {},
          async ({ statements }) => (await statements.collect.all({ now, limit: batch })).length,
        )
        deleted += count
        // After a time-out nobody waits for the rest.
        if (count < batch || deleted >= limit || callOptions?.signal?.aborted) return deleted
        await pace()
      }
    },

    scan(prefix) {
      const end = afterAll(prefix)
      return pages(prefix, (from, limit) => {
        const args = { from, limit, ...(end === undefined ? {} : { end }) }
        return call(undefined, args, async ({ statements: { page, lastPages } }) =>
          (await (end === undefined ? lastPages : page).all(args)).map(withKey),
        )
      })
    },

    bySubject: (subject) =>
      pages('', (from, limit) => {
        const args = { from, limit, subject }
        return call(undefined, args, async ({ statements }) => (await statements.subjectPage.all(args)).map(withKey))
      }),

    close: () => connection.close(),
  }
}

/** A statement blocks the process while it runs: about 5 ms for this number of rows. */
const collectAtOnce = 100

/** A row with its key as text, which is also where the next page begins. */
function withKey<Row extends { readonly key: Uint8Array }>(row: Row) {
  const key = Buffer.from(row.key).toString('utf8')
  return { ...row, key, cursor: key }
}

// The bytes are copied before the first await: the caller may reuse its array as soon as the call returns.
function contentsOf({ bytes, version, subject }: Omit<StoredRecord, 'expiresAt'>) {
  return { bytes: new Uint8Array(bytes), version, subject: subject ?? null }
}

/** The smallest text above every text that starts with `prefix`; undefined when there is none. */
function afterAll(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0)
  for (let point = points.pop(); point !== undefined; point = points.pop()) {
    // UTF-8 sorts as code points do; the surrogates between D7FF and E000 are no characters.
    if (point < 0x10ffff) return String.fromCodePoint(...points, point === 0xd7ff ? 0xe000 : point + 1)
  }
  return undefined
}
