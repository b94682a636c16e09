import { checkOptions } from '../core/options/check.js'
import type { PostgresConnection } from './postgres/driver.js'
import { type PostgresStoreOptions, postgresRule } from './postgres/options.js'
import { driverCodeOf } from './sql/failure.js'
import { hashed } from './sql/hashed.js'
import { checkNoSchema, checkSource, checkTableName, checkUrl, longestTableName } from './sql/options.js'
import { type SqlStore, sqlStore } from './sql/store.js'

export type {
  PostgresDatabase,
  PostgresDbOptions,
  PostgresStoreOptions,
  PostgresUrlOptions,
} from './postgres/options.js'

/** What {@link postgresStore} returns: a store with every power. `close` is final. */
export interface PostgresStore extends SqlStore {}

/**
 * Keeps records in a table of a PostgreSQL database, through Drizzle. One statement for each call; a second one only for a
 * call that lost its record to a concurrent write while it waited for it.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` for a table name or url that cannot be used.
 * Calls reject with SessionError `ERR_SESSION_MISSING_LIBRARY` when `drizzle-orm` or `pg` is not installed, with StoreError
 * `ERR_SESSION_STORE` when the table is missing, and otherwise with the driver's own error. None of them holds a key or a
 * byte of a session.
 * @example
 * const store = postgresStore({ url: 'postgres://app:password@localhost/app' })
 * @example
 * const store = postgresStore({ db: drizzle(pool), table: 'web_sessions' })
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  checkOptions('postgresStore()', postgresRule, options)
  const { url, table = 'sessions' } = options
  checkTableName('postgresStore', table, longestTableName, { reserved: 'pg_', schema: true })
  checkSource('postgresStore', options, 'a Drizzle PostgreSQL database')
  if (url !== undefined) {
    checkUrl('postgresStore', url, ['postgres', 'postgresql'])
    checkNoSchema('postgresStore', url)
  }

  return sqlStore<PostgresConnection>({
    store: 'postgresStore',
    backend: 'PostgreSQL database',
    libraries: url === undefined ? 'drizzle-orm@0' : 'drizzle-orm@0 pg@8',
    table,
    tableFunction: 'postgresTable()',
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },
    binding: hashed,
    isMissingTable: (error) => driverCodeOf(error) === undefinedTable,
    transientCodes: [serializationFailure, deadlockDetected],
    load: async () => (await import('./postgres/driver.js')).postgresDriver(table, options),
  })
}

const undefinedTable = '42P01'
const serializationFailure = '40001'
const deadlockDetected = '40P01'
