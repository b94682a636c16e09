import { sql } from 'drizzle-orm'
import { customType, index, sqliteTable as table, text } from 'drizzle-orm/sqlite-core'
import { script } from './sql/ddl.js'
import { toBytes, toInteger } from './sql/values.js'
import { createTableStatements } from './sqlite/create-table.js'

/**
 * The Drizzle table that `sqliteStore` reads and writes. Export it from your schema file and drizzle-kit makes the
 * migration. It lives on a subpath of its own because it needs `drizzle-orm` as soon as it is imported.
 *
 * @param name the table's name, also the stem of its index names. Default `'sessions'`. Give `sqliteStore` the same.
 * @example
 * export const sessions = sqliteTable('sessions')
 */
export function sqliteTable(name = 'sessions') {
  return table(
    name,
    {
      key: text('key').primaryKey().notNull(),
      bytes: blob('bytes').notNull(),
      version: text('version').notNull(),
      /** Milliseconds since the Unix epoch. */
      expiresAt: integer('expires_at').notNull(),
      subject: text('subject'),
    },
    (columns) => [
      index(`${name}_expires_at_idx`).on(columns.expiresAt),
      index(`${name}_subject_idx`)
        .on(columns.subject)
        .where(sql`${sql.identifier('subject')} is not null`),
    ],
  )
}

/**
 * The SQL that creates the table and its indexes where they are missing, for a migration of your own.
 *
 * @param name as for {@link sqliteTable}. Default `'sessions'`.
 * @example
 * writeFileSync('migrations/001-sessions.sql', sqliteTableSql('sessions'))
 */
export function sqliteTableSql(name = 'sessions'): string {
  return script(createTableStatements(sqliteTable(name)))
}

/** The type of {@link sqliteTable}'s result. */
export type SqliteTable = ReturnType<typeof sqliteTable>

// Drivers answer with a Buffer, which this copies out of its pool, or with an ArrayBuffer of their own.
const blob = customType<{ data: Uint8Array; driverData: unknown }>({
  dataType: () => 'blob',
  fromDriver: toBytes,
})

// Drivers can be told to answer with a bigint or with text.
const integer = customType<{ data: number; driverData: unknown }>({
  dataType: () => 'integer',
  fromDriver: toInteger,
})
