import { sql } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { type SessionError, StoreError } from '../../core/errors.js'
import type { PostgresTable } from '../postgres-table.js'
import type { Explained } from '../sql/dialect.js'
import { foreignIndex, foreignTable, insideTransaction, tooLarge } from '../sql/refusals.js'
import type { Database } from './statements.js'

const backend = 'PostgreSQL database'
/** PostgreSQL holds no value of a gigabyte, and takes no message of one. */
const longestValue = 1_000_000_000

/** What a failure means that will come again until somebody changes something, with what to change. */
export async function explainPostgres(
  { code, error, bytes, ask }: Explained<{ readonly database: Database }>,
  sessions: PostgresTable,
): Promise<SessionError | undefined> {
  if (code === duplicateStatement || code === noSuchStatement) {
    return new StoreError(
      `The ${backend} has lost or mixed up prepared statements (${code}): between it and the store is a pooler such as PgBouncer in transaction mode. Pass prepare: false (with postgres.js: in its own options), or set max_prepared_statements in PgBouncer 1.21 or newer.`,
      { cause: error },
    )
  }
  if (code === failedTransaction) return insideTransaction('postgresStore')
  const { schema, name, columns } = getTableConfig(sessions)
  const table = schema === undefined ? name : `${schema}.${name}`
  if (code === noSuchSchema) {
    return new StoreError(`The ${backend} has no schema ${schema}. Create it, or give the store another \`table\`.`)
  }
  if (code === programLimit || bytes >= longestValue) {
    return tooLarge(backend, `${bytes} bytes`, 'a value ends at 1 GB', 'lower maxRecordBytes')
  }
  const index = code === wrongObject ? /^index (\w+) is elsewhere$/.exec(error.message)?.[1] : undefined
  if (index !== undefined) return foreignIndex(table, index, backend)
  if (!wrongColumns.has(code)) return undefined
  const found = await ask(({ database }) =>
    database
      .select({ column: sql<string>`attname::text` })
      .from(sql`pg_catalog.pg_attribute`)
      .where(sql`attrelid = to_regclass(${quoted(schema, name)}) and attnum > 0 and not attisdropped`)
      .$withCache(false),
  )
  return foreignTable(table, backend, columns, found)
}

function quoted(schema: string | undefined, name: string): string {
  return schema === undefined ? `"${name}"` : `"${schema}"."${name}"`
}

const duplicateStatement = '42P05'
const noSuchStatement = '26000'
const failedTransaction = '25P02'
const noSuchSchema = '3F000'
const programLimit = '54000'
const wrongObject = '42809'
/** A column that is not there or of another type, or one more that must not be null. */
const wrongColumns: ReadonlySet<string> = new Set(['42703', '42804', '42883', '23502', '22P02', '22P03'])
