import { getTableConfig, SQLiteSyncDialect, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { ddl } from '../sql/ddl.js'

const { quote, createTable, indexed } = ddl('"')

/**
 * The statements that create the table and its indexes where they are missing, made from the table itself so that
 * `initTable` and drizzle-kit never disagree.
 */
export function createTableStatements(sessions: SQLiteTable): string[] {
  const { name, columns, indexes } = getTableConfig(sessions)
  const dialect = new SQLiteSyncDialect()
  return [
    createTable(quote(name), columns),
    ...indexes.map(({ config }) => {
      const where = config.where ? ` where ${dialect.sqlToQuery(config.where).sql}` : ''
      return `create index if not exists ${quote(config.name)} on ${quote(name)} ${indexed(config.columns)}${where}`
    }),
  ]
}
