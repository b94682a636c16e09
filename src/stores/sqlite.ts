import { checkOptions } from '../core/options/check.js'
import type { Dialect } from './sql/dialect.js'
import { driverCodeOf } from './sql/failure.js'
import { checkSource, checkTableName } from './sql/options.js'
import { type SqlStore, sqlStore } from './sql/store.js'
import { onceFree, placeOf } from './sqlite/connection.js'
import type { SqliteConnection } from './sqlite/driver.js'
import { type SqliteStoreOptions, sqliteRule } from './sqlite/options.js'
import { plain } from './sqlite/plain.js'

export type { SqliteDatabase, SqliteDbOptions, SqliteStoreOptions, SqliteUrlOptions } from './sqlite/options.js'

/** What {@link sqliteStore} returns: a store with every power. `close` is final. */
export interface SqliteStore extends SqlStore {}

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
  const { url, table = 'sessions' } = options
  checkTableName('sqliteStore', table, 63, { reserved: 'sqlite_' })
  checkSource('sqliteStore', options, 'a Drizzle SQLite database')
  const isMemory = url !== undefined && placeOf(url).kind === 'memory'
  return sqlStore<SqliteConnection>({
    store: 'sqliteStore',
    backend: 'SQLite database',
    libraries: url === undefined ? 'drizzle-orm@0' : 'drizzle-orm@0 @libsql/client',
    table,
    tableFunction: 'sqliteTable()',
    guarantees: { atomicUpdate: true, durable: !isMemory, shared: !isMemory, revocable: true },
    binding: plain,
    collectAtOnce: 100,
    isMissingTable: (error) => /no such table/.test(error.message),
    load: async () => (await import('./sqlite/driver.js')).sqliteDriver(table, options),
    ...(url === undefined ? {} : own),
  })
}

const own: Pick<Dialect<SqliteConnection>, 'opening' | 'spoils'> = {
  opening: onceFree,
  // After a busy database libsql leaves its statement unfinished: what the connection acknowledges from then on is in a
  // transaction that nobody commits. Only a new connection is safe, and only an own one can be had.
  spoils: (error) => driverCodeOf(error).startsWith('SQLITE_'),
}
