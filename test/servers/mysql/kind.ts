import { drizzle } from 'drizzle-orm/mysql2'
import { createConnection, createPool } from 'mysql2/promise'
import { mysqlStore } from '../../../src/stores/mysql.js'
import { idOf } from '../../../src/stores/sql/hashed.js'
import { service } from '../../services/service.js'
import type { SqlKind } from '../sql/kind.js'

export const mysqlKind: SqlKind = {
  factory: 'mysqlStore',
  kind: 'mariadb',
  server: service('mariadb'),
  byUrl: (url, table, initTable = true) => mysqlStore({ url, table: table ?? 'sessions', initTable }),
  watched(url, table, watch) {
    const pool = createPool({ uri: url, connectionLimit: 1 })
    const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>
    pool.query = (async (...args: unknown[]) => {
      watch(args)
      return query(...args)
    }) as typeof pool.query
    return { store: mysqlStore({ db: drizzle(pool), table }), end: () => pool.end() }
  },
  async client(url) {
    const client = await createConnection(url)
    return { run: async (statement) => (await client.query(statement))[0], end: () => client.end() }
  },
  id: (key) => `x'${idOf(key).toString('hex')}'`,
  refusals: { 'a wrong database': 'ER_BAD_DB_ERROR', 'an unknown user': 'ER_ACCESS_DENIED_ERROR' },
  refuseInserts: (table) => [
    `create trigger refuse_${table} before insert on ${table} for each row begin
       declare shown text default concat('refused: ', hex(new.version), new.subject);
       signal sqlstate '45000' set message_text = shown;
     end`,
  ],
}
