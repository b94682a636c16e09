import { checkOptions } from '../core/options/check.js'
import type { MysqlConnection } from './mysql/driver.js'
import { codes, withoutStatement } from './mysql/failure.js'
import { fitting } from './mysql/fitting.js'
import { type MysqlStoreOptions, mysqlRule } from './mysql/options.js'
import { driverCodeOf } from './sql/failure.js'
import { hashed } from './sql/hashed.js'
import { checkSource, checkTableName, checkUrl, longestTableName } from './sql/options.js'
import { type SqlStore, sqlStore } from './sql/store.js'

export type { MysqlDatabase, MysqlDbOptions, MysqlStoreOptions, MysqlUrlOptions } from './mysql/options.js'

/** What {@link mysqlStore} returns: a store with every power. `close` is final. */
export interface MysqlStore extends SqlStore {}

/**
 * Keeps records in a table of a MySQL or MariaDB database, through Drizzle. One statement for each call; a second one only to
 * tell `conflict` from `gone` after a call that changed nothing.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` for a table name or url that cannot be used.
 * Calls reject with SessionError `ERR_SESSION_MISSING_LIBRARY` when `drizzle-orm` or `mysql2` is not installed, with
 * StoreError `ERR_SESSION_STORE` when the table is missing, and otherwise with the driver's error, without its copy of the
 * statement. None of them holds a key or a byte of a session.
 * @example
 * const store = mysqlStore({ url: 'mysql://app:password@localhost/app' })
 * @example
 * const store = mysqlStore({ db: drizzle(pool), table: 'web_sessions' })
 */
export function mysqlStore(options: MysqlStoreOptions): MysqlStore {
  checkOptions('mysqlStore()', mysqlRule, options)
  const { url, table = 'sessions' } = options
  checkTableName('mysqlStore', table, longestTableName)
  checkSource('mysqlStore', options, 'a Drizzle MySQL database')
  if (url !== undefined) checkUrl('mysqlStore', url, ['mysql', 'mariadb'])

  return sqlStore<MysqlConnection>({
    store: 'mysqlStore',
    backend: 'MySQL database',
    libraries: url === undefined ? 'drizzle-orm@0' : 'drizzle-orm@0 mysql2@3',
    table,
    tableFunction: 'mysqlTable()',
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },
    binding: { ...hashed, contents: fitting },
    isMissingTable: (error) => driverCodeOf(error) === codes.noSuchTable,
    presentable: withoutStatement,
    transientCodes: [codes.deadlock, codes.lockWaitTimeout],
    load: async () => (await import('./mysql/driver.js')).mysqlDriver(table, options),
  })
}
