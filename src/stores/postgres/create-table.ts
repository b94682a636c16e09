import { getTableConfig, PgDialect } from 'drizzle-orm/pg-core'
import type { PostgresTable } from '../postgres-table.js'
import { ddl } from '../sql/ddl.js'

const { quote, createTable, indexed } = ddl('"')

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
