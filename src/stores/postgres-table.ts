import { sql } from 'drizzle-orm'
import { customType, index, pgSchema, pgTable } from 'drizzle-orm/pg-core'
import { createTableStatements } from './postgres/create-table.js'
import { script } from './sql/ddl.js'
import { bytesOf } from './sql/hashed.js'
import { toBytes, toInteger, toText } from './sql/values.js'

/**
 * The Drizzle table that `postgresStore` reads and writes. Export it from your schema file and drizzle-kit makes the
 * migration. It lives on a subpath of its own because it needs `drizzle-orm` as soon as it is imported.
 *
 * @param name the table's name, also the stem of its index names; `'auth.sessions'` lies in the schema `auth`. Default
 * `'sessions'`. Give `postgresStore` the same.
 * @example
 * export const sessions = postgresTable('sessions')
 */
export function postgresTable(name = 'sessions') {
  const [own, schema] = name.split('.').reverse() as [string, string?]
  const table = schema === undefined ? pgTable : (pgSchema(schema).table as unknown as typeof pgTable)
  return table(
    own,
    {
      /** The SHA-256 of `key`. */
      id: bytes('id').primaryKey().notNull(),
      key: text('key').notNull(),
      bytes: bytes('bytes').notNull(),
      version: text('version').notNull(),
      /** Milliseconds since the Unix epoch. */
      expiresAt: integer('expires_at').notNull(),
      subject: text('subject'),
    },
    (columns) => [
      index(`${own}_expires_at_idx`).on(columns.expiresAt),
      index(`${own}_subject_idx`)
        .on(columns.subject)
        .where(sql`${sql.identifier('subject')} is not null`),
    ],
  )
}

/**
 * The SQL that creates the table and its indexes where they are missing, for a migration of your own.
 *
 * @param name as for {@link postgresTable}. Default `'sessions'`. A schema must be there already.
 * @example
 * writeFileSync('migrations/001-sessions.sql', postgresTableSql('sessions'))
 */
export function postgresTableSql(name = 'sessions'): string {
  return script(createTableStatements(postgresTable(name)))
}

/** The type of {@link postgresTable}'s result. */
export type PostgresTable = ReturnType<typeof postgresTable>

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: toBytes,
})

/** Text as bytea: PostgreSQL's text refuses NUL, and some of its collations take different texts for equal. */
const text = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  toDriver: bytesOf,
  fromDriver: toText,
})

// Drizzle's own bigint takes whatever Number() makes of a driver's answer.
const integer = customType<{ data: number; driverData: unknown }>({
  dataType: () => 'bigint',
  fromDriver: toInteger,
})
