import { drizzle } from 'drizzle-orm/mysql2'
import { createPool, type PoolOptions } from 'mysql2/promise'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { mysqlStore } from '../../../src/stores/mysql.js'
import type { SessionStore } from '../../../src/stores/port.js'
import { type LawName, storeLaws } from '../../../src/testing/store-laws.js'
import { createDatabase, type Database, uniqueName } from '../../services/databases.js'
import { service } from '../../services/service.js'
import { variantIt } from '../../support/long.js'
import { openStoreModule } from '../../support/store-process.js'

const server = service('mariadb')
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 120_000)

let database: Database
beforeAll(async () => {
  if (server.available) database = await createDatabase('mariadb', server.url)
})
afterAll(() => database?.drop())

const processes: LawName[] = [
  'four processes of 250 increments by compare-and-set each add up to a thousand',
  'of a hundred parallel takes in four processes one gets the flash',
]
const inOneProcess = { reason: 'a connection that was brought belongs to its process; url is tested', laws: processes }

describe.skipIf(!server.available)(`mysqlStore({ url }) keeps the laws on ${server.version}`, () => {
  storeLaws(slowIt, async () => {
    const table = uniqueName()
    const stores: SessionStore[] = []
    const opened = () => {
      const store = mysqlStore({ url: database.url, table })
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
        args: ['mysql', JSON.stringify({ url: database.url, table })],
      },
      dispose: async () => {
        for (const each of stores) await each.close?.()
      },
    }
  })
})

/** Pools as applications configure them. */
const pools: Record<string, PoolOptions> = {
  'one connection': { connectionLimit: 1 },
  'a pool in latin1 that counts changed rows, not found ones, and gives big numbers as text': {
    connectionLimit: 4,
    flags: ['-FOUND_ROWS'],
    supportBigNumbers: true,
    bigNumberStrings: true,
    charset: 'latin1_swedish_ci',
  },
}

describe.skipIf(!server.available).each(Object.keys(pools))(
  `mysqlStore({ db }) keeps the laws on ${server.version} through %s`,
  (name) => {
    storeLaws(
      variantIt(slowIt),
      async () => {
        const table = uniqueName()
        const ends: (() => Promise<void>)[] = []
        const connected = (initTable: boolean) => {
          const pool = createPool({ uri: database.url, ...pools[name] })
          ends.push(() => pool.end())
          return mysqlStore({ db: drizzle(pool), table, initTable })
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
