import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core'
import { ddl } from '../sql/ddl.js'

const { quote, createTable, indexed } = ddl('`')

/**
 * The statement that creates the table with its indexes where it is missing, made from the table itself so that `initTable`
 * and drizzle-kit never disagree. Of several processes that run it at once, one creates it.
 */
export function createTableStatement(sessions: MySqlTable): string {
  const { name, columns, indexes } = getTableConfig(sessions)
  const keys = indexes.map(({ config }) => `index ${quote(config.name)} ${indexed(config.columns)}`)
  // The engine is named because a server may have another default, and in MyISAM a crash tears records.
  return `${createTable(quote(name), columns, keys)} engine=InnoDB`
}
