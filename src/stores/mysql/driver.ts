import { sql } from 'drizzle-orm'
import { mysqlTable } from '../mysql-table.js'
import type { Connection, Driver } from '../sql/dialect.js'
import { driverCodeOf } from '../sql/failure.js'
import { bytesOf, idOf } from '../sql/hashed.js'
import { givenSource } from '../sql/pool.js'
import { autocommitOff } from '../sql/refusals.js'
import { openPool } from './connection.js'
import { createTableStatement } from './create-table.js'
import { explainMysql } from './explain.js'
import { codes } from './failure.js'
import type { MysqlStoreOptions } from './options.js'
import { serverOf } from './server.js'
import { asDatabase, autocommits, type Database, type MysqlStatements, prepareStatements } from './statements.js'

export interface MysqlConnection extends Connection {
  readonly database: Database
  readonly statements: MysqlStatements
}

export function mysqlDriver(
  table: string,
  { url, db, initTable = url !== undefined }: MysqlStoreOptions,
): Driver<MysqlConnection> {
  const sessions = mysqlTable(table)
  const server = serverOf()
  const withStatements = (database: Database) => ({
    database,
    statements: prepareStatements(database, sessions, server),
  })
  return {
    connect: () =>
      url === undefined ? givenSource(withStatements(asDatabase(db)), server.verify) : openPool(url, withStatements),
    async begin({ database, statements }) {
      // The connections of the store itself are set to.
      if (url === undefined && !(await autocommits(database))) throw autocommitOff()
      if (!initTable) return
      // Only where it is missing: creating asks for a privilege, and waits for others, even when there is nothing to do.
      await statements.look({ id: idOf(''), expected: bytesOf('') }).catch(async (error: unknown) => {
        if (driverCodeOf(error) !== codes.noSuchTable) throw error
        await database.execute(sql.raw(createTableStatement(sessions)))
      })
    },
    explain: (failure) => explainMysql(failure, sessions),
  }
}
