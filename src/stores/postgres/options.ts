import { flag, group, made } from '../../core/options/rule.js'
import { elsewhereInSql, type Method, type SqlTableOptions, tableRules } from '../sql/options.js'

/**
 * Any Drizzle PostgreSQL database: node-postgres, postgres.js, PGlite, or another driver. Told from the databases of other
 * dialects by `refreshMaterializedView`. It is described by its methods, not imported from Drizzle, because Drizzle's own
 * type files do not compile in projects that check library types.
 */
export interface PostgresDatabase {
  readonly select: Method
  readonly insert: Method
  readonly update: Method
  readonly delete: Method
  readonly execute: Method
  readonly refreshMaterializedView: Method
}

/** What holds for both: the table, and how it is talked to. */
interface PostgresTableOptions extends SqlTableOptions {
  /**
   * Whether the server keeps the statements prepared, on each connection under a name. False for a pooler that hands a
   * connection to another client after each transaction and does not know about names: PgBouncer before 1.21, or without
   * `max_prepared_statements`. postgres.js has an option of its own for this, `prepare: false`.
   * @default true
   */
  readonly prepare?: boolean
}

/** A database that the store opens on first use, with a pool of `pg`, and closes in `close()`. */
export interface PostgresUrlOptions extends PostgresTableOptions {
  /** `postgres://user:password@host:5432/database` */
  readonly url: string
  readonly db?: never
}

/** A database that you opened, and that you close. */
export interface PostgresDbOptions extends PostgresTableOptions {
  /** The Drizzle database: what `drizzle(...)` returned. It needs no schema. */
  readonly db: PostgresDatabase
  readonly url?: never
}

/** Options of `postgresStore`: an address, or a database of yours. */
export type PostgresStoreOptions = PostgresUrlOptions | PostgresDbOptions

export const postgresRule = group<PostgresStoreOptions>(
  {
    ...tableRules,
    db: made('a Drizzle PostgreSQL database', [
      'select',
      'insert',
      'update',
      'delete',
      'execute',
      'refreshMaterializedView',
    ]),
    prepare: flag,
  },
  elsewhereInSql,
)
