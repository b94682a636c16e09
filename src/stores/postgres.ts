import { checkOptions } from '../core/options/check.js'
import { openOnce } from './open-once.js'
import type { Collectable, Movable, Scannable, SessionStore, StoreCallOptions, StoreKey, SubjectIndex } from './port.js'
import { openPool } from './postgres/connection.js'
import { type PostgresStoreOptions, postgresRule } from './postgres/options.js'
import type { Database, Statements } from './postgres/statements.js'
import { type Dialect, driverCodeOf, explained, sqlCalls } from './sql/calls.js'
import { bytesOf, contentsOf, idOf } from './sql/hashed.js'
import { checkNoSchema, checkSource, checkTableName, checkUrl, longestTableName } from './sql/options.js'
import { givenSource, untilAborted } from './sql/pool.js'
import { pages, recordOf } from './sql/rows.js'

export type {
  PostgresDatabase,
  PostgresDbOptions,
  PostgresStoreOptions,
  PostgresUrlOptions,
} from './postgres/options.js'

/** What {@link postgresStore} returns: a store with every power. `close` is final. */
export interface PostgresStore extends SessionStore, Collectable, Movable, Scannable, SubjectIndex {
  close(): Promise<void>
}

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
  const { url, db, table = 'sessions', initTable = url !== undefined, prepare = true } = options
  checkTableName('postgresStore', table, longestTableName, { reserved: 'pg_', schema: true })
  checkSource('postgresStore', options, 'a Drizzle PostgreSQL database')
  if (url !== undefined) {
    checkUrl('postgresStore', url, ['postgres', 'postgresql'])
    checkNoSchema('postgresStore', url)
  }

  async function open(signal: AbortSignal | undefined) {
    const [{ postgresTable, createTableStatement }, { asDatabase, checkTransaction, prepareStatements, raw }, explain] =
      await Promise.all([
        import('./postgres-table.js'),
        import('./postgres/statements.js'),
        import('./postgres/explain.js'),
      ])
    const sessions = postgresTable(table)
    dialect.explain = (failure) => explain.explainPostgres(failure, sessions)
    const withStatements = (database: Database) => ({
      database,
      statements: prepareStatements(database, sessions, prepare),
    })
    const source =
      url === undefined
        ? givenSource(withStatements(asDatabase(db)), checkTransaction(db))
        : await openPool(url, withStatements)
    const begin = source.use(signal, async ({ database }) => {
      if (initTable) await database.execute(raw(createTableStatement(sessions)))
    })
    try {
      await untilAborted(signal, begin)
      return source
    } catch (error) {
      const told = await explained(dialect, error, {}, (run) => source.use(signal, run))
      await source.close()
      throw told ?? error
    }
  }

  const dialect: Dialect<{ database: Database; statements: Statements }> = {
    store: 'postgresStore',
    backend: 'PostgreSQL database',
    libraries: url === undefined ? 'drizzle-orm@0' : 'drizzle-orm@0 pg@8',
    table,
    tableFunction: 'postgresTable()',
    isMissingTable: (error) => driverCodeOf(error) === undefinedTable,
    transientCodes: [serializationFailure, deadlockDetected],
  }
  const connection = openOnce('postgresStore', open, (opened) => opened.close())
  const call = sqlCalls(dialect, connection)

  type Expecting = { id: Buffer; expected: Buffer } & Record<string, unknown>

  function attempt<Missed extends string>(
    options: StoreCallOptions | undefined,
    name: 'update' | 'touch' | 'destroyVersion' | 'move',
    key: StoreKey,
    args: Expecting,
    missed: Missed,
  ): Promise<'ok' | 'gone' | Missed> {
    return call(options, { key, ...args }, async ({ statements }) => {
      try {
        const [seen] = await statements[name].execute(args)
        if (seen?.hits === 1) return 'ok'
        if (seen?.fits === 0) return missed
        if (seen?.fits !== 1) return 'gone'
        // The row was as expected until another write took it: what has become of it?
        return (await statements.look.execute(args)).length > 0 ? missed : 'gone'
      } catch (error) {
        // Only a move can: somebody else wrote its target after the statement had found it free.
        if (driverCodeOf(error) === uniqueViolation) return missed
        throw error
      }
    })
  }

  return {
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },

    read: (key, callOptions) =>
      call(callOptions, { key, id: idOf(key) }, async ({ statements }) => {
        const [row] = await statements.read.execute({ id: idOf(key) })
        return row && recordOf(row)
      }),

    create: (key, record, callOptions) => {
      const args = { id: idOf(key), key: bytesOf(key), ...contentsOf(record) }
      return call(callOptions, args, async ({ statements }) =>
        (await statements.create.execute(args)).length > 0 ? 'ok' : 'exists',
      )
    },

    update: (key, change, expected, callOptions) =>
      attempt(
        callOptions,
        'update',
        key,
        { id: idOf(key), expected: bytesOf(expected), ...contentsOf(change) },
        'conflict',
      ),

    touch: (key, expiresAt, seen, callOptions) =>
      attempt(callOptions, 'touch', key, { id: idOf(key), expected: bytesOf(seen), expiresAt }, 'stale'),

    destroy: (key, expected, callOptions) => {
      const id = idOf(key)
      if (expected !== undefined) {
        return attempt(callOptions, 'destroyVersion', key, { id, expected: bytesOf(expected) }, 'conflict')
      }
      return call(callOptions, { key, id }, async ({ statements }) =>
        (await statements.destroy.execute({ id })).length > 0 ? 'ok' : 'gone',
      )
    },

    move(from, to, record, expected, callOptions) {
      const target = { to: idOf(to), toKey: bytesOf(to) }
      return attempt(
        callOptions,
        'move',
        from,
        { id: idOf(from), expected: bytesOf(expected), ...target, ...contentsOf(record) },
        'conflict',
      )
    },

    collectGarbage: (now, limit, callOptions) =>
      call(callOptions, {}, async ({ statements }) => (await statements.collect.execute({ now, limit })).length),

    scan(prefix) {
      const bytes = bytesOf(prefix)
      return pages<Uint8Array>(new Uint8Array(), (from, limit) => {
        const args = { from, limit, prefix: bytes, length: bytes.length }
        return call(undefined, args, async ({ statements }) => statements.page.execute(args))
      })
    },

    bySubject: (subject) =>
      pages<Uint8Array>(new Uint8Array(), (from, limit) => {
        const args = { from, limit, subject: bytesOf(subject) }
        return call(undefined, args, async ({ statements }) => statements.subjectPage.execute(args))
      }),

    close: () => connection.close(),
  }
}

const undefinedTable = '42P01'
const uniqueViolation = '23505'
const serializationFailure = '40001'
const deadlockDetected = '40P01'
