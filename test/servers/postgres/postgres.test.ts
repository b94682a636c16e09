import { PGlite } from '@electric-sql/pglite'
import { drizzle as overPg } from 'drizzle-orm/node-postgres'
import { drizzle as overPglite } from 'drizzle-orm/pglite'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, describe } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres.js'
import { type LawName, storeLaws } from '../../../src/testing/store-laws.js'
import { uniqueName } from '../../services/databases.js'
import { variantIt } from '../../support/long.js'
import { ownDatabase } from '../sql/kind.js'
import { severalProcesses, slowIt, sqlLaws } from '../sql/laws.js'
import { postgresKind } from './kind.js'

const database = ownDatabase(postgresKind)

/** A connection of each driver, as an application has it. */
sqlLaws(postgresKind, database, variantIt, {
  'node-postgres': (table) => {
    const pool = new pg.Pool({ connectionString: database.url, max: 4 })
    return { store: postgresStore({ db: overPg(pool), ...table }), end: () => pool.end() }
  },
  'one node-postgres connection without prepared statements': (table) => {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 })
    return { store: postgresStore({ db: overPg(pool), ...table, prepare: false }), end: () => pool.end() }
  },
  'postgres.js': (table) => {
    const client = postgres(database.url, { max: 4 })
    return { store: postgresStore({ db: overPostgresJs(client), ...table }), end: () => client.end() }
  },
})

const twoConnections: LawName[] = [
  'of parallel updates on two connections exactly one is ok',
  'of parallel creates on two connections exactly one is ok',
  'a hundred parallel increments on two connections add up to a hundred',
  'no update or touch on one connection brings back what another destroyed',
  'what one connection acknowledged the other sees at once',
  'collectors on two connections delete each expired record once in total, each within its limit',
  'collectGarbage on one connection deletes nothing that a touch on another has just saved',
  'of parallel moves and updates on two connections exactly one is ok',
  'what is acknowledged before bySubject is called is met, across two connections',
  'a durable record survives closing and reopening',
]

describe('postgresStore({ db }) keeps the laws through PGlite', () => {
  const client = new PGlite()
  afterAll(() => client.close())
  storeLaws(
    variantIt(slowIt),
    async () => ({
      store: postgresStore({ db: overPglite(client), table: uniqueName(), initTable: true }),
      dispose: async () => {},
    }),
    {
      exempt: [
        { reason: 'PGlite is one connection inside this process', laws: [...twoConnections, ...severalProcesses] },
      ],
    },
  )
})
