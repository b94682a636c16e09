import { SessionConfigError, StoreError } from '../core/errors.js'
import { driverErrorOf, isSafe, missingLibrary, safeFailure } from './failure.js'
import { openOnce } from './open-once.js'
import type {
  Collectable,
  KeyedRecord,
  Movable,
  Scannable,
  SessionStore,
  StoredRecord,
  StoreKey,
  SubjectIndex,
} from './port.js'
import { openLibsql, placeOf } from './sqlite/connection.js'
import type { Statements } from './sqlite/statements.js'

type Method = (...args: never[]) => unknown

/**
 * Any Drizzle SQLite database: libsql, better-sqlite3, or another driver, synchronous or not. Told from the databases
 * of other dialects by `run`, `all`, `get` and `values`. It is described by its methods, not imported from Drizzle,
 * because Drizzle's own type files do not compile in projects that check library types.
 */
export interface SqliteDatabase {
  readonly select: Method
  readonly insert: Method
  readonly update: Method
  readonly delete: Method
  readonly run: Method
  readonly all: Method
  readonly get: Method
  readonly values: Method
}

interface SqliteTableOptions {
  /**
   * The table, also the stem of its index names: letters, digits and `_`, at most 63 of them.
   * @default 'sessions'
   */
  readonly table?: string
  /**
   * Whether to create the table and its indexes, where they are missing, before the first call.
   * @default true with `url`, false with `db`
   */
  readonly initTable?: boolean | undefined
}

/** A database that the store opens on first use, with `@libsql/client`, and closes in `close()`. */
export interface SqliteUrlOptions extends SqliteTableOptions {
  /** `file:path/to/sessions.db`, `:memory:`, or a libSQL server (`libsql:`, `https:`, `wss:`). */
  readonly url: string
  /** The token of a libSQL server. */
  readonly authToken?: string
  readonly db?: never
}

/** A database that you opened, and that you close. */
export interface SqliteDbOptions extends SqliteTableOptions {
  readonly db: SqliteDatabase
  readonly url?: never
  readonly authToken?: never
}

export type SqliteStoreOptions = SqliteUrlOptions | SqliteDbOptions

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
  const { url, authToken, db, table = 'sessions', initTable = url !== undefined } = options
  if (!/^(?!sqlite_)[a-z_][a-z0-9_]{0,62}$/i.test(table)) {
    throw new SessionConfigError(
      `sqliteStore: the table name ${JSON.stringify(table)} cannot be used. Use letters, digits and _, at most 63, no digit first, not sqlite_ first.`,
    )
  }
  if ((url === undefined) === (db === undefined)) {
    throw new SessionConfigError(
      'sqliteStore: give either url (the store opens the database) or db (a Drizzle SQLite database).',
    )
  }
  const place = url === undefined ? undefined : placeOf(url)

  async function open() {
    const own = url === undefined || place === undefined ? undefined : await openLibsql(url, authToken, place)
    try {
      const [{ sqliteTable, createTableStatements }, { asDatabase, prepareStatements, raw }] = await Promise.all([
        import('./sqlite-table.js'),
        import('./sqlite/statements.js'),
      ])
      const database = own?.db ?? asDatabase(db)
      const sessions = sqliteTable(table)
      if (initTable) {
        for (const statement of createTableStatements(sessions)) await database.run(raw(statement))
      }
      return { statements: prepareStatements(database, sessions), close: () => own?.close() }
    } catch (error) {
      own?.close()
      throw error
    }
  }

  const connection = openOnce('sqliteStore', open, (opened) => opened.close())

  async function call<T>(args: Record<string, unknown>, run: (statements: Statements) => PromiseLike<T>): Promise<T> {
    try {
      return await run((await connection.get()).statements)
    } catch (error) {
      const libraries = url === undefined ? 'drizzle-orm' : 'drizzle-orm @libsql/client'
      throw (
        missingLibrary(error, 'sqliteStore', libraries) ??
        missingTable(error, args, table) ??
        safeFailure(error, args, 'SQLite database')
      )
    }
  }

  /** Runs a conditional write. When it changed nothing, one more look tells why; both answers were true at some moment. */
  function attempt<Missed extends string>(
    name: 'update' | 'touch' | 'destroy' | 'destroyVersion' | 'move',
    args: Record<string, unknown> & { key: StoreKey },
    missed: Missed,
  ): Promise<'ok' | 'gone' | Missed> {
    return call(args, async (statements) => {
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

    read: (key) =>
      call({ key }, async (statements) => {
        const [row] = await statements.read.all({ key })
        return row && recordOf(row)
      }),

    create: (key, record) => {
      const args = { key, ...contentsOf(record), expiresAt: record.expiresAt }
      return call(args, async ({ create }) => ((await create.all(args)).length > 0 ? 'ok' : 'exists'))
    },

    update: (key, change, expected) => {
      const expiresAt = change.expiresAt === 'keep' ? null : change.expiresAt
      return attempt('update', { key, ...contentsOf(change), expiresAt, expected }, 'conflict')
    },

    touch: (key, expiresAt, seen) => attempt('touch', { key, expiresAt, expected: seen }, 'stale'),

    destroy: (key, expected) =>
      expected === undefined
        ? attempt('destroy', { key }, 'conflict')
        : attempt('destroyVersion', { key, expected }, 'conflict'),

    move: (from, to, record, expected) =>
      attempt('move', { key: from, to, ...contentsOf(record), expiresAt: record.expiresAt, expected }, 'conflict'),

    collectGarbage: (now, limit) => call({}, async ({ collect }) => (await collect.all({ now, limit })).length),

    scan(prefix) {
      const end = afterAll(prefix)
      return pages(prefix, (from) => {
        const args = { from, limit: scanPage, ...(end === undefined ? {} : { end }) }
        return call(args, async ({ page, lastPages }) => (end === undefined ? lastPages : page).all(args))
      })
    },

    bySubject: (subject) =>
      pages('', (from) => {
        const args = { from, limit: scanPage, subject }
        return call(args, async ({ subjectPage }) => subjectPage.all(args))
      }),

    close: () => connection.close(),
  }
}

const scanPage = 100

/** All rows of a query that gives them in the order of their keys, `scanPage` at a time. */
async function* pages(
  first: string,
  query: (from: string) => Promise<readonly (Row & { key: Uint8Array })[]>,
): AsyncIterable<KeyedRecord> {
  let last: StoreKey | undefined
  for (;;) {
    const rows = await query(last ?? first)
    for (const row of rows) {
      const key = Buffer.from(row.key).toString('utf8') as StoreKey
      // Each page starts with the last key of the one before it.
      if (key !== last) yield { key, record: recordOf(row) }
      last = key
    }
    if (rows.length < scanPage) return
  }
}

function missingTable(error: unknown, args: Record<string, unknown>, table: string): StoreError | undefined {
  const driver = driverErrorOf(error)
  if (!(driver instanceof Error) || !/no such table/.test(driver.message)) return undefined
  return new StoreError(
    `The table ${table} does not exist in the SQLite database. Create it with a migration (sqliteTable() for drizzle-kit) or pass initTable: true.`,
    isSafe(driver, args) ? { cause: driver } : {},
  )
}

type Row = { bytes: Uint8Array; version: string; expiresAt: number; subject: string | null }

// The bytes are copied before the first await: the caller may reuse its array as soon as the call returns.
function contentsOf({ bytes, version, subject }: Omit<StoredRecord, 'expiresAt'>) {
  return { bytes: new Uint8Array(bytes), version, subject: subject ?? null }
}

function recordOf({ bytes, version, expiresAt, subject }: Row): StoredRecord {
  const record = { bytes, version: version as StoredRecord['version'], expiresAt }
  return subject === null ? record : { ...record, subject }
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
