import { group, made } from '../../core/options/rule.js'
import { elsewhereInSql, type Method, type SqlTableOptions, tableRules } from '../sql/options.js'

/**
 * Any Drizzle database over mysql2, for MySQL or MariaDB. It is described by its methods, not imported from Drizzle, because
 * Drizzle's own type files do not compile in projects that check library types.
 */
export interface MysqlDatabase {
  readonly select: Method
  readonly insert: Method
  readonly update: Method
  readonly delete: Method
  readonly execute: Method
  /** Databases of PostgreSQL have it. */
  readonly refreshMaterializedView?: never
}

/** A database that the store opens on first use, with a pool of `mysql2`, and closes in `close()`. */
export interface MysqlUrlOptions extends SqlTableOptions {
  /** `mysql://user:password@host:3306/database`. What mysql2 takes as an option may follow as a parameter. */
  readonly url: string
  readonly db?: never
}

/** A database that you opened, and that you close. */
export interface MysqlDbOptions extends SqlTableOptions {
  /** The Drizzle database: what `drizzle(...)` returned. It needs no schema. */
  readonly db: MysqlDatabase
  readonly url?: never
}

/** Options of `mysqlStore`: an address, or a database of yours. */
export type MysqlStoreOptions = MysqlUrlOptions | MysqlDbOptions

export const mysqlRule = group<MysqlStoreOptions>(
  {
    ...tableRules,
    db: made('a Drizzle MySQL database', ['select', 'insert', 'update', 'delete', 'execute']),
  },
  elsewhereInSql,
)
