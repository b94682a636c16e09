import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { mongodbStore } from '../../src/stores/mongodb.js'
import { mysqlStore } from '../../src/stores/mysql.js'
import type { SessionStore } from '../../src/stores/port.js'
import { postgresStore } from '../../src/stores/postgres.js'
import { redisStore } from '../../src/stores/redis.js'
import { type SqliteDatabase, sqliteStore } from '../../src/stores/sqlite.js'
import { makePlace } from '../chaos/places.mjs'
import { makeFolder, removeFolder } from '../services/process.mjs'
import { betterSqlite3, service } from '../services/service.js'
import { historyLaws, historyRaces } from '../support/histories-laws.js'
import { runs } from '../support/long.js'

const open: Readonly<Record<'redis' | 'postgres' | 'mysql' | 'mongodb', (options: never) => SessionStore>> = {
  redis: redisStore,
  postgres: postgresStore,
  mysql: mysqlStore,
  mongodb: mongodbStore,
}

// Two stores, each with connections of its own to one place: requests go to the one and the other in turn. Not unstorage: it
// cannot compare and write in one step, which each of these laws needs.
describe.each([
  { kind: 'redis', server: service('redis') },
  { kind: 'postgres', server: service('postgres') },
  { kind: 'mysql', server: service('mariadb') },
  { kind: 'mongodb', server: service('mongodb') },
] as const)('histories of several tabs on two connections with $kind', ({ kind, server }) => {
  describe.skipIf(!server.available)(`to ${server.version}`, () => {
    let stores: SessionStore[] = []
    let drop: () => Promise<void>
    beforeAll(async () => {
      const place = await makePlace(kind, server.url)
      drop = place.drop
      stores = [1, 2].map(() => open[kind](place.store.options as never))
    })
    afterAll(async () => {
      for (const store of stores) await store.close?.()
      await drop()
    })
    historyLaws(() => stores, runs(100))
    historyRaces(() => stores)
  })
})

const library = betterSqlite3()
describe.skipIf(!library.available)('histories of several tabs on two connections with better-sqlite3', () => {
  const folder = makeFolder('histories')
  const clients: Client[] = []
  const stores: SessionStore[] = []
  beforeAll(async () => {
    for (const initTable of [true, false]) {
      const { db, client } = await openDatabase(library.path, join(folder, 'sessions.db'))
      clients.push(client)
      const store = sqliteStore({ db, initTable })
      // The table must be there before a second connection, which does not create it, comes.
      await store.collectGarbage(0, 1)
      stores.push(store)
    }
  })
  afterAll(() => {
    for (const client of clients) client.close()
    removeFolder(folder)
  })
  historyLaws(() => stores, runs(100))
})

interface Client {
  close(): unknown
}
const openDatabase: (path: string, file: string) => Promise<{ db: SqliteDatabase; client: Client }> = (
  await import(new URL('better-sqlite3/store.mjs', import.meta.url).href)
).openDatabase
