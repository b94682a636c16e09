import { PGlite } from '@electric-sql/pglite'
import { drizzle as overPg } from 'drizzle-orm/node-postgres'
import { drizzle as overPglite } from 'drizzle-orm/pglite'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { SessionStore } from '../../../src/stores/port.js'
import { type PostgresDatabase, postgresStore } from '../../../src/stores/postgres.js'
import { type LawName, storeLaws } from '../../../src/testing/store-laws.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import { service } from '../../services/service.js'
import { variantIt } from '../../support/long.js'
import { openStoreModule } from '../../support/store-process.js'

const server = service('postgres')
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 120_000)

let database: Database
beforeAll(async () => {
  if (server.available) database = await createDatabase('postgres', server.url)
})
afterAll(() => database?.drop())

/** A connection of each driver, as an application has it. */
const drivers: Record<string, (url: string) => { db: PostgresDatabase; end: () => Promise<void> }> = {
  'node-postgres': (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    return { db: overPg(pool), end: () => pool.end() }
  },
  'one node-postgres connection without prepared statements': (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    return { db: overPg(pool), end: () => pool.end() }
  },
  'postgres.js': (url) => {
    const client = postgres(url, { max: 4 })
    return { db: overPostgresJs(client), end: () => client.end() }
  },
}

const processes: LawName[] = [
  'four processes of 250 increments by compare-and-set each add up to a thousand',
  'of a hundred parallel takes in four processes one gets the flash',
]
const inOneProcess = { reason: 'a connection that was brought belongs to its process; url is tested', laws: processes }

describe.skipIf(!server.available)(`postgresStore({ url }) keeps the laws on ${server.version}`, () => {
  storeLaws(slowIt, async () => {
    const table = uniqueName()
    const stores: SessionStore[] = []
    const opened = () => {
      const store = postgresStore({ url: database.url, table })
      stores.push(store)
      return store
    }
    const store = opened()
    return {
      store,
      second: async () => opened(),
      reopen: async () => {
        await store.close()
        return opened()
      },
      processes: {
        module: openStoreModule,
        args: ['postgres', JSON.stringify({ url: database.url, table })],
      },
      dispose: async () => {
        for (const each of stores) await each.close?.()
      },
    }
  })
})

describe.skipIf(!server.available).each(Object.keys(drivers))(
  `postgresStore({ db }) keeps the laws on ${server.version} through %s`,
  (driver) => {
    storeLaws(
      variantIt(slowIt),
      async () => {
        const table = uniqueName()
        const ends: (() => Promise<void>)[] = []
        const connected = (initTable: boolean) => {
          const connection = drivers[driver]?.(database.url)
          if (!connection) throw new Error(`no driver ${driver}`)
          ends.push(connection.end)
          return postgresStore({ db: connection.db, table, initTable, prepare: !driver.includes('without') })
        }
        const store = connected(true)
        // The table must be there before a second connection, which does not create it, comes.
        await store.collectGarbage(0, 1)
        return {
          store,
          second: async () => connected(false),
          reopen: async () => connected(false),
          dispose: async () => {
            for (const end of ends) await end()
          },
        }
      },
      { exempt: [inOneProcess] },
    )
  },
)

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
    { exempt: [{ reason: 'PGlite is one connection inside this process', laws: [...twoConnections, ...processes] }] },
  )
})
