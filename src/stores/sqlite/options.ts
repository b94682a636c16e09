import { group, made, text } from '../../core/options/rule.js'
import { elsewhereInSql, type Method, type SqlTableOptions, tableRules } from '../sql/options.js'

/**
 * Any Drizzle SQLite database: libsql, better-sqlite3, or another driver, synchronous or not. Told from the databases
 * of other dialects by `run`, `all`, `get` and `values`. It is described by its methods, not imported from Drizzle,
 * because Drizzle's own type files do not compile in projects that check library types.
 */
export interface SqliteDatabase {
  readonly select: Method
  readonly insert: Method
  readonly update: Method
  readonly delete: Method
  readonly run: Method
  readonly all: Method
  readonly get: Method
  readonly values: Method
}

/** A database that the store opens on first use, with `@libsql/client`, and closes in `close()`. */
export interface SqliteUrlOptions extends SqlTableOptions {
  /** `file:path/to/sessions.db`, `:memory:`, or a libSQL server (`libsql:`, `https:`, `wss:`). */
  readonly url: string
  /** The token of a libSQL server. @default none */
  readonly authToken?: string
  readonly db?: never
}

/** A database that you opened, and that you close. */
export interface SqliteDbOptions extends SqlTableOptions {
  /** The Drizzle database: what `drizzle(...)` returned. It needs no schema. */
  readonly db: SqliteDatabase
  readonly url?: never
  readonly authToken?: never
}

/** Options of `sqliteStore`: an address, or a database of yours. */
export type SqliteStoreOptions = SqliteUrlOptions | SqliteDbOptions

export const sqliteRule = group<SqliteStoreOptions>(
  {
    ...tableRules,
    db: made('a Drizzle SQLite database', ['select', 'insert', 'update', 'delete', 'run', 'all', 'get', 'values']),
    authToken: text('the token of a libSQL server'),
  },
  elsewhereInSql,
)
