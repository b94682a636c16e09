import type { SessionConfigError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { openPool } from './mysql/connection.js'
import { codes, withoutStatement } from './mysql/failure.js'
import { fitting } from './mysql/fitting.js'
import { type MysqlStoreOptions, mysqlRule } from './mysql/options.js'
import type { Database, Statements } from './mysql/statements.js'
import { openOnce } from './open-once.js'
import type { Collectable, Movable, Scannable, SessionStore, StoreCallOptions, StoreKey, SubjectIndex } from './port.js'
import { type Dialect, driverCodeOf, explained, sqlCalls } from './sql/calls.js'
import { bytesOf, idOf } from './sql/hashed.js'
import { checkSource, checkTableName, checkUrl, longestTableName } from './sql/options.js'
import { givenSource, untilAborted } from './sql/pool.js'
import { autocommitOff, insideTransaction } from './sql/refusals.js'
import { pages, recordOf } from './sql/rows.js'
import { toInteger } from './sql/values.js'

export type { MysqlDatabase, MysqlDbOptions, MysqlStoreOptions, MysqlUrlOptions } from './mysql/options.js'

/** What {@link mysqlStore} returns: a store with every power. `close` is final. */
export interface MysqlStore extends SessionStore, Collectable, Movable, Scannable, SubjectIndex {
  close(): Promise<void>
}

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
  const { url, db, table = 'sessions', initTable = url !== undefined } = options
  checkTableName('mysqlStore', table, longestTableName)
  checkSource('mysqlStore', options, 'a Drizzle MySQL database')
  if (url !== undefined) checkUrl('mysqlStore', url, ['mysql', 'mariadb'])

  async function open(signal: AbortSignal | undefined) {
    const [{ mysqlTable, createTableStatement }, { asDatabase, autocommits, prepareStatements, raw }, explain] =
      await Promise.all([import('./mysql-table.js'), import('./mysql/statements.js'), import('./mysql/explain.js')])
    const sessions = mysqlTable(table)
    dialect.explain = (failure) => explain.explainMysql(failure, sessions)
    const withStatements = (database: Database) => ({ database, statements: prepareStatements(database, sessions) })
    const source =
      url === undefined
        ? givenSource(withStatements(asDatabase(db)), () => {
            if (uncommitted) throw uncommitted
          })
        : await openPool(url, withStatements)
    const begin = source.use(signal, async ({ database, statements }) => {
      // The connections of the store itself are set to.
      if (url === undefined && !(await autocommits(database))) throw autocommitOff()
      if (!initTable) return
      // Only where it is missing: creating asks for a privilege, and waits for others, even when there is nothing to do.
      await statements.look.execute({ id: idOf(''), expected: bytesOf('') }).catch(async (error: unknown) => {
        if (driverCodeOf(error) !== codes.noSuchTable) throw error
        await database.execute(raw(createTableStatement(sessions)))
      })
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
    store: 'mysqlStore',
    backend: 'MySQL database',
    libraries: url === undefined ? 'drizzle-orm@0' : 'drizzle-orm@0 mysql2@3',
    table,
    tableFunction: 'mysqlTable()',
    isMissingTable: (error) => driverCodeOf(error) === codes.noSuchTable,
    presentable: withoutStatement,
    transientCodes: [codes.deadlock, codes.lockWaitTimeout],
  }
  const connection = openOnce('mysqlStore', open, (opened) => opened.close())
  const call = sqlCalls(dialect, connection)

  /** Set for good by the first write whose answer says that it is not committed: what reads say from then on proves nothing. */
  let uncommitted: SessionConfigError | undefined

  function changes([{ affectedRows, serverStatus }]: Changed): number {
    if (typeof serverStatus === 'number' && (serverStatus & inTransaction) !== 0) {
      uncommitted = insideTransaction('mysqlStore')
      throw uncommitted
    }
    return toInteger(affectedRows)
  }

  type Expecting = { id: Buffer; expected: Buffer } & Record<string, unknown>
  type Write = (statements: Statements) => PromiseLike<Changed>

  function attempt<Missed extends string>(
    options: StoreCallOptions | undefined,
    key: StoreKey,
    args: Expecting,
    write: Write,
    missed: Missed,
    unchanged: 'ok' | Missed,
  ): Promise<'ok' | 'gone' | Missed> {
    return call(options, { key, ...args }, async ({ statements }) => {
      if (changes(await write(statements)) > 0) return 'ok'
      const [row] = await statements.look.execute(args)
      if (row === undefined) return 'gone'
      // A connection without the flag FOUND_ROWS, which mysql2 sets unless told otherwise, counts no row that a write left as
      // it was. A version is never used twice, so the row that still fits is the one that was written.
      return row.fits === 1 ? unchanged : missed
    })
  }

  // Servers that are too old for `skip locked` are asked once.
  let skipsLocked = true

  return {
    guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: true },

    read: (key, callOptions) =>
      call(callOptions, { key, id: idOf(key) }, async ({ statements }) => {
        const [row] = await statements.read.execute({ id: idOf(key) })
        return row && recordOf(row)
      }),

    async create(key, record, callOptions) {
      const args = { id: idOf(key), key: bytesOf(key), ...fitting(record) }
      return call(callOptions, args, async ({ statements }) => {
        try {
          changes((await statements.create.execute(args)) as unknown as Changed)
          return 'ok'
        } catch (error) {
          // `insert ignore` would swallow every other error too, and `on duplicate key update` counts both cases as one row.
          if (driverCodeOf(error) === codes.duplicateEntry) return 'exists'
          throw error
        }
      })
    },

    async update(key, change, expected, callOptions) {
      const args = { id: idOf(key), expected: bytesOf(expected), ...fitting(change) }
      return attempt(callOptions, key, args, ({ update }) => update.execute(args), 'conflict', 'ok')
    },

    touch(key, expiresAt, seen, callOptions) {
      const args = { id: idOf(key), expected: bytesOf(seen), expiresAt }
      return attempt(callOptions, key, args, ({ touch }) => touch.execute(args), 'stale', 'ok')
    },

    destroy(key, expected, callOptions) {
      const id = idOf(key)
      if (expected === undefined) {
        return call(callOptions, { key, id }, async ({ statements }) =>
          changes(await statements.destroy.execute({ id })) > 0 ? 'ok' : 'gone',
        )
      }
      const args = { id, expected: bytesOf(expected) }
      return attempt(
        callOptions,
        key,
        args,
        ({ destroyVersion }) => destroyVersion.execute(args),
        'conflict',
        'conflict',
      )
    },

    async move(from, to, record, expected, callOptions) {
      const target = { to: idOf(to), toKey: bytesOf(to) }
      const args = { id: idOf(from), expected: bytesOf(expected), ...target, ...fitting(record) }
      const write: Write = async ({ move }) => {
        try {
          return await move.execute(args)
        } catch (error) {
          // The target is taken. The second look tells that from a record that is gone.
          if (driverCodeOf(error) === codes.duplicateEntry) return [{ affectedRows: 0 }]
          throw error
        }
      }
      return attempt(callOptions, from, args, write, 'conflict', 'conflict')
    },

    collectGarbage: (now, limit, callOptions) =>
      call(callOptions, {}, async ({ statements }) => {
        if (skipsLocked) {
          try {
            return changes((await statements.collectUnlocked(now, limit)) as unknown as Changed)
          } catch (error) {
            if (driverCodeOf(error) !== codes.parseError) throw error
            skipsLocked = false
          }
        }
        return changes(await statements.collect.execute({ now, limit }))
      }),

    scan(prefix) {
      const bytes = bytesOf(prefix)
      return pages<Uint8Array>(Buffer.alloc(0), (from, limit) => {
        const args = { from: Buffer.from(from), limit, prefix: bytes, length: bytes.length }
        return call(undefined, args, async ({ statements }) => statements.page.execute(args))
      })
    },

    bySubject: (subject) =>
      pages<Uint8Array>(Buffer.alloc(0), (from, limit) => {
        const args = { from: Buffer.from(from), limit, subject: bytesOf(subject) }
        return call(undefined, args, async ({ statements }) => statements.subjectPage.execute(args))
      }),

    close: () => connection.close(),
  }
}

/** What mysql2 answers to a write. */
type Changed = readonly [{ readonly affectedRows: number; readonly serverStatus?: number }, ...unknown[]]

/** A flag of the server's status after a statement, SERVER_STATUS_IN_TRANS. */
const inTransaction = 1
