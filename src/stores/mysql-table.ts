import { customType, index, mysqlTable as table } from 'drizzle-orm/mysql-core'
import { createTableStatement } from './mysql/create-table.js'
import { longestText } from './mysql/fitting.js'
import { script } from './sql/ddl.js'
import { bytesOf } from './sql/hashed.js'
import { toBytes, toInteger, toText } from './sql/values.js'

/**
 * The Drizzle table that `mysqlStore` reads and writes. Export it from your schema file and drizzle-kit makes the
 * migration. It lives on a subpath of its own because it needs `drizzle-orm` as soon as it is imported.
 *
 * @param name the table's name, also the stem of its index names. Default `'sessions'`. Give `mysqlStore` the same.
 * @example
 * export const sessions = mysqlTable('sessions')
 */
export function mysqlTable(name = 'sessions') {
  return table(
    name,
    {
      /** The SHA-256 of `key`. */
      id: hash('id').primaryKey().notNull(),
      key: longText('key').notNull(),
      bytes: bytes('bytes').notNull(),
      version: text('version').notNull(),
      /** Milliseconds since the Unix epoch. */
      expiresAt: integer('expires_at').notNull(),
      subject: text('subject'),
    },
    (columns) => [
      index(`${name}_expires_at_idx`).on(columns.expiresAt),
      index(`${name}_subject_idx`).on(columns.subject),
    ],
  )
}

/**
 * The SQL that creates the table and its indexes where they are missing, for a migration of your own.
 *
 * @param name as for {@link mysqlTable}. Default `'sessions'`.
 * @example
 * writeFileSync('migrations/001-sessions.sql', mysqlTableSql('sessions'))
 */
export function mysqlTableSql(name = 'sessions'): string {
  return script([createTableStatement(mysqlTable(name))])
}

/** The type of {@link mysqlTable}'s result. */
export type MysqlTable = ReturnType<typeof mysqlTable>

const hash = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'binary(32)',
  fromDriver: toBytes,
})

// LONGBLOB: a BLOB ends at 64 KiB, and a server that is not strict cuts off what is too long.
const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'longblob',
  fromDriver: toBytes,
})

// Text as bytes: most collations of MySQL take a for A, and a trailing space for nothing.
const text = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => `varbinary(${longestText})`,
  toDriver: bytesOf,
  fromDriver: toText,
})

const longText = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => 'longblob',
  toDriver: bytesOf,
  fromDriver: toText,
})

// Drizzle's own bigint takes whatever Number() makes of a driver's answer.
const integer = customType<{ data: number; driverData: unknown }>({
  dataType: () => 'bigint',
  fromDriver: toInteger,
})
