import { afterAll, beforeAll } from 'vitest'
import type { MysqlStore } from '../../../src/stores/mysql.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import type { PostgresStore } from '../../../src/stores/postgres.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import type { Service } from '../../services/service.js'

export type SqlStore = PostgresStore | MysqlStore

/** What differs between the stores that are made by the same rules. */
export interface SqlKind {
  readonly factory: 'postgresStore' | 'mysqlStore'
  readonly kind: 'postgres' | 'mariadb'
  readonly server: Service
  byUrl(url: string, table?: string, initTable?: boolean): SqlStore
  /** A store over one connection of its own, every statement of which goes through `watch`. */
  watched(url: string, table: string, watch: (statement: unknown) => void): { store: SqlStore; end(): Promise<void> }
  /** Another client, for what other programs may be doing. */
  client(url: string): Promise<{ run(statement: string): Promise<unknown>; end(): Promise<void> }>
  /** The primary key of the record under `key`, as SQL. */
  id(key: string): string
  /** The codes of a server that turns a client away. */
  readonly refusals: { readonly 'a wrong database': string; readonly 'an unknown user': string }
  /** A trigger that refuses every row and shows it in its message. */
  refuseInserts(table: string): string[]
}

export const key = (text: string) => text as StoreKey
export const revision = (text: string) => text as Revision
export const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: revision(`revision-${text}`),
  expiresAt: 9e12,
  ...more,
})

/** A database of this file's own, made before its tests and dropped after them; without the server there is none. */
export function ownDatabase({ kind, server }: Pick<SqlKind, 'kind' | 'server'>): { readonly url: string } {
  let database: Database | undefined
  beforeAll(async () => {
    if (server.available) database = await createDatabase(kind, server.url)
  })
  afterAll(() => database?.drop())
  return {
    get url() {
      return database?.url ?? ''
    },
  }
}

/** Runs with a store over a table of its own, and closes it. */
export async function withStore(
  kind: SqlKind,
  database: { readonly url: string },
  run: (store: SqlStore, table: string) => Promise<void>,
): Promise<void> {
  const table = uniqueName()
  const store = kind.byUrl(database.url, table)
  try {
    await run(store, table)
  } finally {
    await store.close()
  }
}
