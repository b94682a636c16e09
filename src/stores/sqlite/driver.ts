import { sql } from 'drizzle-orm'
import type { Connection, Driver, Statements } from '../sql/dialect.js'
import { givenSource } from '../sql/pool.js'
import { sqliteTable } from '../sqlite-table.js'
import { openLibsql, placeOf } from './connection.js'
import { createTableStatements } from './create-table.js'
import { checkIndexes, explainSqlite } from './explain.js'
import type { SqliteStoreOptions } from './options.js'
import { asDatabase, checkTransaction, type Database, prepareStatements } from './statements.js'

export interface SqliteConnection extends Connection {
  readonly database: Database
}

export function sqliteDriver(
  table: string,
  { url, authToken, db, initTable = url !== undefined }: SqliteStoreOptions,
): Driver<SqliteConnection> {
  const sessions = sqliteTable(table)

  function withStatements(database: Database): SqliteConnection {
    let statements: Statements | undefined
    return {
      database,
      // Not before the table is there: SQLite compiles a statement when it is prepared.
      get statements() {
        return (statements ??= prepareStatements(database, sessions))
      },
    }
  }

  return {
    async connect() {
      if (url === undefined) return givenSource(withStatements(asDatabase(db)), checkTransaction(db))
      const own = await openLibsql(url, authToken, placeOf(url))
      return { ...givenSource(withStatements(own.db)), close: own.close }
    },
    async begin({ database }) {
      if (!initTable) return
      for (const statement of createTableStatements(sessions)) await database.run(sql.raw(statement))
      await checkIndexes(database, sessions)
    },
    explain: (failure) => explainSqlite(failure, sessions),
  }
}
