import { sql } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/mysql-core'
import type { SessionError } from '../../core/errors.js'
import type { MysqlTable } from '../mysql-table.js'
import type { Explained } from '../sql/dialect.js'
import { foreignTable, tooLarge } from '../sql/refusals.js'
import { toInteger } from '../sql/values.js'
import type { Database } from './statements.js'

const backend = 'MySQL database'

/** What a failure means that will come again until somebody changes something, with what to change. */
export async function explainMysql(
  { code, bytes, ask }: Explained<{ readonly database: Database }>,
  sessions: MysqlTable,
): Promise<SessionError | undefined> {
  if (code === 'ER_DATA_TOO_LONG') {
    return tooLarge(backend, `${bytes} bytes`, 'a column ends before it', 'make the columns key and bytes longblob')
  }
  if (cutOff.has(code) && bytes > 0) {
    const question = () =>
      ask(({ database }) =>
        database
          .select({ limit: sql`@@max_allowed_packet`.mapWith(toInteger) })
          .from(sql`(select 1) as one`)
          .$withCache(false),
      )
    // The server closes the connection, which a pool may not have noticed the first time.
    const [row] = await Promise.resolve(question()).catch(question)
    // mysql2 sends bytes as hexadecimal digits.
    if (row === undefined || 2 * bytes + overhead <= row.limit) return undefined
    const limit = `it is sent as ${2 * bytes} hexadecimal digits, and max_allowed_packet is ${row.limit}`
    return tooLarge(backend, `${bytes} bytes`, limit, 'raise max_allowed_packet on the server')
  }
  if (!wrongColumns.has(code)) return undefined
  const { name, columns } = getTableConfig(sessions)
  const found = await ask(({ database }) =>
    database
      .select({ column: sql<string>`column_name` })
      .from(sql`information_schema.columns`)
      .where(sql`table_schema = database() and table_name = ${name}`)
      .$withCache(false),
  )
  return foreignTable(name, backend, columns, found)
}

/** The rest of a statement, at least. */
const overhead = 100
/** How a server ends a statement that is too long: with an error, or in the middle of it by closing the connection. */
const cutOff: ReadonlySet<string> = new Set([
  'ER_NET_PACKET_TOO_LARGE',
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
])
/** A column that is not there, or one more that has no default. */
const wrongColumns: ReadonlySet<string> = new Set([
  'ER_BAD_FIELD_ERROR',
  'ER_NO_DEFAULT_FOR_FIELD',
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
  'ER_KEY_COLUMN_DOES_NOT_EXITS',
])
