import { getTableConfig, PgDialect, type PgTable } from 'drizzle-orm/pg-core'
import { ddl } from '../sql/ddl.js'

const { quote, createTable, indexed } = ddl('"')

/** A relation that the store needs, and the statement that creates it where it is missing. */
interface Creation {
  /** The name of the index; undefined for the table. */
  readonly index?: string
  readonly relation: string
  readonly statement: string
}

/** The table and its indexes, made from the table itself so that `initTable` and drizzle-kit never disagree. */
function creationsOf(sessions: PgTable): { readonly self: string; readonly creations: readonly Creation[] } {
  const { name, schema, columns, indexes } = getTableConfig(sessions)
  const inSchema = (relation: string) =>
    schema === undefined ? quote(relation) : `${quote(schema)}.${quote(relation)}`
  const self = inSchema(name)
  const dialect = new PgDialect()
  const onTable = indexes.map(({ config }): Creation => {
    const where = config.where ? ` where ${dialect.sqlToQuery(config.where).sql}` : ''
    const index = config.name ?? ''
    const statement = `create index if not exists ${quote(index)} on ${self} ${indexed(config.columns)}${where}`
    return { index, relation: inSchema(index), statement }
  })
  return { self, creations: [{ relation: self, statement: createTable(self, columns) }, ...onTable] }
}

/** The statements for a migration file. */
export function createTableStatements(sessions: PgTable): string[] {
  return creationsOf(sessions).creations.map(({ statement }) => statement)
}

/**
 * One statement that creates the table and its indexes where they are missing. What is there is not touched: it needs no
 * privilege and waits for nobody.
 */
export function createTableStatement(sessions: PgTable): string {
  const { self, creations } = creationsOf(sessions)
  const create = creations.map(({ index, relation, statement }) => {
    const made = ifMissing(relation, statement)
    return index === undefined ? made : `${made} ${ifElsewhere(relation, self, index)}`
  })
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
