import { SessionConfigError } from '../../core/errors.js'
import { flag, text } from '../../core/options/rule.js'

/** A method of a Drizzle database, as far as a store's options describe it: its presence. */
export type Method = (...args: never[]) => unknown

/** What every SQL store may be told about its table. */
export interface SqlTableOptions {
  /**
   * The table, also the stem of its index names: letters, digits and `_`, no digit first; at most 48 of them, 63 in SQLite.
   * @default 'sessions'
   */
  readonly table?: string
  /**
   * Whether to create the table and its indexes, where they are missing, before the first call.
   * @default true with `url`, false with `db`
   */
  readonly initTable?: boolean | undefined
}

/** What the options that all SQL stores share may be. */
export const tableRules = {
  url: text('the address of a database'),
  table: text('the name of a table'),
  initTable: flag,
} as const

const opened = 'ours is `url`, or a `db` that you opened'

/** What other stores call them. */
export const elsewhereInSql: Readonly<Record<string, string>> = {
  pool: opened,
  client: opened,
  connection: opened,
  conString: opened,
  conObject: opened,
  connectionString: opened,
  host: opened,
  port: opened,
  user: opened,
  password: opened,
  tableName: 'ours is `table`',
  schemaName: 'ours is `table`',
  createTableIfMissing: 'ours is `initTable`',
  createDatabaseTable: 'ours is `initTable`',
  ttl: 'how long a session lives is said by `maxAge` and `idleTimeout` of the definition',
}

/**
 * Room for the longest index name, `<table>_expires_at_idx`, in the 63 bytes that PostgreSQL gives a name before it cuts it
 * short. MySQL gives 64.
 */
export const longestTableName = 48

/**
 * @param rules `reserved` is how no name may begin; `schema` allows one before the name, with a dot
 * @throws SessionConfigError when the name would need more than quotes, or is longer than `longest`
 */
export function checkTableName(
  store: string,
  table: string,
  longest: number,
  { reserved, schema = false }: { reserved?: string; schema?: boolean } = {},
): void {
  const parts = schema ? table.split('.') : [table]
  // Drizzle knows no schema of that name: it is where PostgreSQL looks first.
  const isFine = parts.length <= 2 && parts.every(fits) && (parts.length === 1 || parts[0] !== 'public')
  if (isFine) return
  const hint = schema
    ? ' A schema goes before it: auth.sessions. Leave out public.'
    : table.includes('.')
      ? ' A name with a dot is not looked up in another schema or database: the url or db decides where the table is.'
      : ''
  throw new SessionConfigError(
    `${store}: the table name ${JSON.stringify(table)} cannot be used. Use letters, digits and _, at most ${longest}, no digit first${reserved === undefined ? '' : `, not ${reserved} first`}.${hint}`,
  )

  function fits(name: string): boolean {
    if (!/^[a-z_][a-z0-9_]*$/i.test(name) || name.length > longest) return false
    return reserved === undefined || !name.toLowerCase().startsWith(reserved)
  }
}

/** @throws SessionConfigError unless there is either a url or a db. */
export function checkSource(store: string, { url, db }: { url?: unknown; db?: unknown }, kind: string): void {
  if ((url === undefined) !== (db === undefined)) return
  throw new SessionConfigError(`${store}: give either url (the store opens the database) or db (${kind}).`)
}

/** @throws SessionConfigError for a url of another kind. The url is not shown: it may hold a password. */
export function checkUrl(store: string, url: string, protocols: readonly string[]): void {
  if (protocols.some((protocol) => url.startsWith(`${protocol}://`)) && URL.canParse(url)) return
  throw new SessionConfigError(
    `${store}: this url is none of ${protocols.map((protocol) => `${protocol}://user:password@host/database`).join(', ')}. Special characters in a password are written as %XX.`,
  )
}

/** @throws SessionConfigError for a schema in the url, which the driver would ignore, and the table would lie elsewhere. */
export function checkNoSchema(store: string, url: string): void {
  const name = ['schema', 'currentSchema', 'search_path'].find((each) => new URL(url).searchParams.has(each))
  if (name === undefined) return
  throw new SessionConfigError(
    `${store}: the url has \`?${name}=\`, which its driver ignores. Put the schema before the table: table: 'auth.sessions'.`,
  )
}
