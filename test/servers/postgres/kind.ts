import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { postgresStore } from '../../../src/stores/postgres.js'
import { idOf } from '../../../src/stores/sql/hashed.js'
import { service } from '../../services/service.js'
import type { SqlKind } from '../sql/kind.js'

export const postgresKind: SqlKind = {
  factory: 'postgresStore',
  kind: 'postgres',
  server: service('postgres'),
  byUrl: (url, table, initTable = true) => postgresStore({ url, table: table ?? 'sessions', initTable }),
  watched(url, table, watch) {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown
      client.query = ((...args: unknown[]) => {
        watch(args)
        return query(...args)
      }) as typeof client.query
    })
    return { store: postgresStore({ db: drizzle(pool), table }), end: () => pool.end() }
  },
  async client(url) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return { run: async (statement) => (await client.query(statement)).rows, end: () => client.end() }
  },
  id: (key) => `decode('${idOf(key).toString('hex')}', 'hex')`,
  refusals: { 'a wrong database': '3D000', 'an unknown user': '28000' },
  refuseInserts: (table) => [
    `create function refuse_${table}() returns trigger language plpgsql as
     $$ begin raise exception 'refused: %', new; end $$`,
    `create trigger refuse before insert on ${table} for each row execute function refuse_${table}()`,
  ],
}
