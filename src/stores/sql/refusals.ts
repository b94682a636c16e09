import { SessionConfigError, SessionError, StoreError } from '../../core/errors.js'

// What every SQL store says of databases that it cannot keep its promises in.

/** The error for a `db` on which an acknowledged write is undone by the rollback of somebody else. */
export function insideTransaction(store: string): SessionConfigError {
  return new SessionConfigError(
    `${store}: db is inside a transaction, so what the store acknowledges would be gone after a rollback. Pass the database itself, over a pool or a connection that runs no transactions.`,
  )
}

/** The error for a `db` on which nothing that is acknowledged is ever committed. */
export function autocommitOff(): SessionConfigError {
  return new SessionConfigError(
    'mysqlStore: autocommit is off on the connections of db, so nothing that the store acknowledges would be stored. Set it for the pool (`set session autocommit = 1` on each new connection) or on the server.',
  )
}

/** The error for a record that this server will never take: unlike an outage it does not pass. */
export function tooLarge(backend: string, size: string, limit: string, remedy: string): SessionError {
  return new SessionError(
    'ERR_SESSION_TOO_LARGE',
    `A record of ${size} is too large for this ${backend}: ${limit}. Store less in the session, or ${remedy}.`,
  )
}

/** The error for a table of that name that is not a table of sessions, or not one of ours. */
export function foreignTable(
  table: string,
  backend: string,
  ours: readonly { readonly name: string }[],
  found: readonly { readonly column: string }[],
): StoreError {
  const columns = ours.map(({ name }) => name)
  const present = found.map(({ column }) => String(column))
  const missing = columns.filter((column) => !present.includes(column))
  const others = present.filter((column) => !columns.includes(column))
  const what = missing.length > 0 ? `it lacks ${missing.join(', ')}` : 'its columns have other types'
  const more = others.length > 0 ? `, and has ${others.slice(0, 8).join(', ')}` : ''
  return new StoreError(
    `The table ${table} in the ${backend} is not one of this store: ${what}${more}. It may belong to another library: give the store another name (\`table\`), or migrate it.`,
  )
}

/** The error for an index of our name that is on another table, so that ours would be left out. */
export function foreignIndex(table: string, index: string, backend: string): StoreError {
  return new StoreError(
    `The ${backend} has something else named ${index}, which is the name of an index of ${table}. Rename it, or give the store another name (\`table\`).`,
  )
}
