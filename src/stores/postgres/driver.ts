import { sql } from 'drizzle-orm'
import { postgresTable } from '../postgres-table.js'
import type { Connection, Driver } from '../sql/dialect.js'
import { givenSource } from '../sql/pool.js'
import { openPool } from './connection.js'
import { createTableStatement } from './create-table.js'
import { explainPostgres } from './explain.js'
import type { PostgresStoreOptions } from './options.js'
import { asDatabase, checkTransaction, type Database, prepareStatements } from './statements.js'

export interface PostgresConnection extends Connection {
  readonly database: Database
}

export function postgresDriver(
  table: string,
  { url, db, initTable = url !== undefined, prepare = true }: PostgresStoreOptions,
): Driver<PostgresConnection> {
  const sessions = postgresTable(table)
  const withStatements = (database: Database) => ({
    database,
    statements: prepareStatements(database, sessions, prepare),
  })
  return {
    connect: () =>
      url === undefined
        ? givenSource(withStatements(asDatabase(db)), checkTransaction(db))
        : openPool(url, withStatements),
    async begin({ database }) {
      if (initTable) await database.execute(sql.raw(createTableStatement(sessions)))
    },
    explain: (failure) => explainPostgres(failure, sessions),
  }
}
