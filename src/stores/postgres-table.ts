import { sql } from 'drizzle-orm'
import { customType, getTableConfig, index, PgDialect, pgSchema, pgTable } from 'drizzle-orm/pg-core'
import { ddl } from './sql/ddl.js'
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

/** The type of {@link postgresTable}'s result. */
export type PostgresTable = ReturnType<typeof postgresTable>

/**
 * One statement that creates the table and its indexes where they are missing, made from the table itself so that
 * `initTable` and drizzle-kit never disagree. What is there is not touched: it needs no privilege and waits for nobody.
 */
export function createTableStatement(sessions: PostgresTable): string {
  const { name, schema, columns, indexes } = getTableConfig(sessions)
  const inSchema = (relation: string) =>
    schema === undefined ? quote(relation) : `${quote(schema)}.${quote(relation)}`
  const self = inSchema(name)
  const dialect = new PgDialect()
  const create = [
    ifMissing(self, createTable(self, columns)),
    ...indexes.map(({ config }) => {
      const where = config.where ? ` where ${dialect.sqlToQuery(config.where).sql}` : ''
      const index = inSchema(config.name ?? '')
      const statement = `create index if not exists ${quote(config.name ?? '')} on ${self} ${indexed(config.columns)}${where}`
      return `${ifMissing(index, statement)} ${ifElsewhere(index, self, config.name ?? '')}`
    }),
  ]
  return `do $zession$ begin ${create.join(' ')} end $zession$`
}

// An arbitrary number, the same for every process. The lock ends with the statement.
const lock = 'perform pg_advisory_xact_lock(7957131950276440434);'

// Without the lock "if not exists" fails in one of two processes that run it at once. Behind the lock only its own look is to
// be trusted: to_regclass may remember that there was nothing.
function ifMissing(relation: string, statement: string): string {
  return `if to_regclass('${relation}') is null then ${lock} ${statement}; end if;`
}

/** A relation of an index's name that is not ours, so that ours would be left out without a word. */
function ifElsewhere(index: string, table: string, name: string): string {
  const ours = `select from pg_catalog.pg_index where indexrelid = to_regclass('${index}') and indrelid = to_regclass('${table}')`
  return `if not exists (${ours}) then raise exception using errcode = '42809', message = 'index ${name} is elsewhere'; end if;`
}

const { quote, createTable, indexed } = ddl('"')

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
