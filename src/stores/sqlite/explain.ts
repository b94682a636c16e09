import { sql } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/sqlite-core'
import type { SessionError } from '../../core/errors.js'
import type { Explained } from '../sql/dialect.js'
import { foreignIndex, foreignTable, tooLarge } from '../sql/refusals.js'
import type { SqliteTable } from '../sqlite-table.js'
import type { Database } from './statements.js'

const backend = 'SQLite database'

/** What a failure means that will come again until somebody changes something, with what to change. */
export async function explainSqlite(
  { code, error, bytes, ask }: Explained<{ readonly database: Database }>,
  sessions: SqliteTable,
): Promise<SessionError | undefined> {
  if (code.startsWith('SQLITE_TOOBIG')) {
    return tooLarge(backend, `${bytes} bytes`, 'it is longer than SQLITE_MAX_LENGTH', 'lower maxRecordBytes')
  }
  if (!/no such column|has no column named|NOT NULL constraint failed|datatype mismatch/.test(error.message))
    return undefined
  const { name, columns } = getTableConfig(sessions)
  const found = await ask(({ database }) =>
    database.select({ column: sql<string>`name` }).from(sql`pragma_table_info(${name})`).$withCache(false),
  )
  return foreignTable(name, backend, columns, found)
}

/** @throws StoreError when an index of ours was left out, because there is one of its name on another table */
export async function checkIndexes(database: Database, sessions: SqliteTable): Promise<void> {
  const { name, indexes } = getTableConfig(sessions)
  const found = await database
    .select({ index: sql<string>`name`, on: sql<string>`tbl_name` })
    .from(sql`sqlite_master`)
    .where(sql`type = 'index' and tbl_name <> ${name} collate nocase`)
    .$withCache(false)
  for (const { config } of indexes) {
    if (found.some(({ index }) => index.toLowerCase() === config.name.toLowerCase())) {
      throw foreignIndex(name, config.name, backend)
    }
  }
}
