import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, uniqueName } from '../../services/databases.js'
import { startMariadb } from '../../services/mariadb.mjs'
import { startMongodb } from '../../services/mongodb.mjs'
import { startPostgres } from '../../services/postgres.mjs'
import type { Server } from '../../services/process.mjs'
import { askRedis, startRedis } from '../../services/redis.mjs'
import { betterSqlite3, service } from '../../services/service.js'

async function postgres(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url })
  // A server that is killed ends the connection, and that is the point.
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<{ v: string }>(statement)).rows[0]?.v
  } finally {
    await client.end()
  }
}

async function mysql(url: string, statement: string) {
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query(statement)
    return (rows as { v: string }[])[0]?.v
  } finally {
    await connection.end()
  }
}

async function mongo<T>(url: string, use: (client: MongoClient) => Promise<T>) {
  const client = new MongoClient(url)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

interface Kind {
  readonly start: () => Promise<Server>
  readonly version: RegExp
  readonly write: (url: string) => Promise<unknown>
  readonly read: (url: string) => Promise<unknown>
}

const kinds: Record<'postgres' | 'mariadb' | 'redis' | 'mongodb', Kind> = {
  postgres: {
    start: startPostgres,
    version: /^PostgreSQL \d+\.\d/,
    write: (url) => postgres(url, `create table t as select 'kept' as v`),
    read: (url) => postgres(url, 'select v from t'),
  },
  mariadb: {
    start: startMariadb,
    version: /^(MariaDB|MySQL) \d+\.\d+\.\d+$/,
    write: async (url) => {
      await mysql(url, 'create database d')
      await mysql(url, `create table d.t as select 'kept' as v`)
    },
    read: (url) => mysql(url, 'select v from d.t'),
  },
  redis: {
    start: startRedis,
    version: /^(Redis|Valkey) \d+\.\d+\.\d+$/,
    write: (url) => askRedis(url, 'set', 'k', 'kept'),
    read: (url) => askRedis(url, 'get', 'k'),
  },
  mongodb: {
    start: startMongodb,
    version: /^MongoDB \d+\.\d+\.\d+$/,
    write: (url) => mongo(url, (client) => client.db('d').collection('t').insertOne({ v: 'kept' })),
    read: (url) => mongo(url, async (client) => (await client.db('d').collection('t').findOne())?.['v'] as unknown),
  },
}

/** The same in the database that the URL names. */
const databaseKinds = {
  postgres: kinds.postgres,
  mariadb: {
    write: (url: string) => mysql(url, `create table t as select 'kept' as v`),
    read: (url: string) => mysql(url, 'select v from t'),
  },
  mongodb: {
    write: (url: string) => mongo(url, (client) => client.db().collection('t').insertOne({ v: 'kept' })),
    read: (url: string) =>
      mongo(url, async (client) => (await client.db().collection('t').findOne())?.['v'] as unknown),
  },
}

for (const [name, { start, version, write, read }] of Object.entries(kinds)) {
  const shared = service(name as keyof typeof kinds)

  describe.skipIf(!shared.available)(`the shared server: ${shared.version}`, () => {
    it('is the one it says it is', () => {
      expect(shared.version).toMatch(version)
    })
  })

  describe.skipIf(!shared.startable)(`${name} of its own`, () => {
    let server: Server
    beforeAll(async () => {
      server = await start()
      await write(server.url)
    })
    afterAll(() => server?.stop())

    it('is a server of its own', () => {
      expect(server.version).toMatch(version)
      expect(server.url).not.toBe(shared.url)
    })

    it('a polite restart keeps the data and the URL', async () => {
      const before = server.pid
      await server.restart()
      expect(server.pid).not.toBe(before)
      expect(await read(server.url)).toBe('kept')
    })

    it('kill -9 ends it, and the restart keeps what was answered', async () => {
      const { pid } = server
      // Paused it cannot take a polite signal.
      server.pause()
      await server.kill()
      expect(() => process.kill(pid, 0)).toThrow('ESRCH')
      await expect(read(`${server.url}${name === 'mongodb' ? '&serverSelectionTimeoutMS=200' : ''}`)).rejects.toThrow()
      await server.restart()
      expect(await read(server.url)).toBe('kept')
    })

    it('paused it answers nothing, resumed it answers late', async () => {
      server.pause()
      const answer = read(server.url)
      const first = await Promise.race([answer, sleep(300, 'nothing')])
      server.resume()
      expect(first).toBe('nothing')
      expect(await answer).toBe('kept')
    })

    it('stopped it is gone, and does not come back', async () => {
      await server.stop()
      expect(() => process.kill(server.pid, 0)).toThrow('ESRCH')
      await expect(server.restart()).rejects.toThrow('was stopped')
    })
  })
}

const postgresServer = service('postgres')
it.skipIf(!postgresServer.startable)('a paused PostgreSQL is silent on connections that are open already', async () => {
  const server = await startPostgres()
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query('select 1')
  server.pause()
  const answer = client.query('select 1')
  const first = await Promise.race([answer, sleep(300, 'nothing')])
  server.resume()
  await answer
  await client.end()
  await server.stop()
  expect(first).toBe('nothing')
})

for (const name of ['postgres', 'mariadb', 'mongodb'] as const) {
  const shared = service(name)
  it.skipIf(!shared.available)(`two databases on ${shared.version} see nothing of each other`, async () => {
    const { write, read } = databaseKinds[name]
    const [one, two] = await Promise.all([createDatabase(name, shared.url), createDatabase(name, shared.url)])
    await write(one.url)
    expect(await read(one.url)).toBe('kept')
    expect(await read(two.url).catch(() => undefined)).toBeUndefined()
    await Promise.all([one.drop(), two.drop()])
    expect(await read(one.url).catch(() => undefined)).toBeUndefined()
  })
}

it('names are unlike each other', () => {
  expect(new Set(Array.from({ length: 100 }, uniqueName)).size).toBe(100)
})

const sqlite = betterSqlite3()
it.skipIf(!sqlite.available)('better-sqlite3 opens a database', async () => {
  const { default: Sqlite } = (await import(sqlite.path)) as {
    default: new (path: string) => { prepare(sql: string): { get(): unknown }; close(): void }
  }
  const db = new Sqlite(':memory:')
  expect(db.prepare(`select 'kept' as v`).get()).toEqual({ v: 'kept' })
  db.close()
})
