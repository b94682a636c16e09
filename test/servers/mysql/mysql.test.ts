import { drizzle } from 'drizzle-orm/mysql2'
import { createPool, type PoolOptions } from 'mysql2/promise'
import { mysqlStore } from '../../../src/stores/mysql.js'
import { variantIt } from '../../support/long.js'
import { ownDatabase } from '../sql/kind.js'
import { type Connect, sqlLaws } from '../sql/laws.js'
import { mysqlKind } from './kind.js'

const database = ownDatabase(mysqlKind)

const pooled =
  (options: PoolOptions): Connect =>
  (table) => {
    const pool = createPool({ uri: database.url, ...options })
    return { store: mysqlStore({ db: drizzle(pool), ...table }), end: () => pool.end() }
  }

/** Pools as applications configure them. */
sqlLaws(mysqlKind, database, variantIt, {
  'one connection': pooled({ connectionLimit: 1 }),
  'a pool in latin1 that counts changed rows, not found ones, and gives big numbers as text': pooled({
    connectionLimit: 4,
    flags: ['-FOUND_ROWS'],
    supportBigNumbers: true,
    bigNumberStrings: true,
    charset: 'latin1_swedish_ci',
  }),
})
