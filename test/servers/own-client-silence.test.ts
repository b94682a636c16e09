import { connect, type Socket } from 'node:net'
import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2'
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js'
import { createPool, type PoolOptions } from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSettledStore } from '../../src/session/store/settled-store.js'
import { mysqlStore } from '../../src/stores/mysql.js'
import type { SessionStore, StoreKey } from '../../src/stores/port.js'
import { postgresStore } from '../../src/stores/postgres.js'
import { createDatabase, type Database, uniqueName } from '../services/databases.js'
import { service } from '../services/service.js'
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.js'
import { recovers, storeTimeout } from './silence.js'

interface Opened {
  readonly store: SessionStore
  end(): unknown
}

/** A client of the user's own, with what the page of its store says against silence, or without. */
type Open = (url: string, documented: boolean) => Opened

const openPg: Open = (url, documented) => {
  const settings = { query_timeout: storeTimeout, connectionTimeoutMillis: storeTimeout, keepAlive: true }
  const pool = new pg.Pool({ connectionString: url, ...(documented ? settings : {}) })
  pool.on('error', () => undefined)
  const store = postgresStore({ db: drizzlePg(pool), table: uniqueName(), initTable: true })
  return { store, end: () => void pool.end() }
}

const openPostgresJs: Open = (url, documented) => {
  const settings = {
    connect_timeout: storeTimeout / 1000,
    socket: ({ host, port }: { host: string[]; port: number[] }) =>
      new Promise<Socket>((resolve, reject) => {
        const socket = connect(port[0] ?? 5432, host[0], () => resolve(socket))
        socket.once('error', reject)
        socket.setTimeout(storeTimeout, () => socket.destroy(new Error('The server is silent')))
      }),
  }
  const sql = postgres(url, { onnotice: () => undefined, ...(documented ? settings : {}) })
  const store = postgresStore({ db: drizzlePostgresJs(sql), table: uniqueName(), initTable: true })
  return { store, end: () => void sql.end({ timeout: 0 }) }
}

const openMysql: Open = (url, documented) => {
  const { hostname, port } = new URL(url)
  const settings: PoolOptions = {
    connectTimeout: storeTimeout,
    stream: () => {
      const socket = connect(Number(port), hostname)
      socket.setNoDelay(true)
      socket.setTimeout(storeTimeout, () => {
        socket.destroy(Object.assign(new Error('The server is silent'), { code: 'ETIMEDOUT' }))
      })
      return socket
    },
  }
  const pool = createPool({ uri: url, ...(documented ? settings : {}) })
  const store = mysqlStore({ db: drizzleMysql(pool), table: uniqueName(), initTable: true })
  return { store, end: () => void pool.end().catch(() => undefined) }
}

const clients: readonly [string, 'postgres' | 'mariadb', Open][] = [
  ['a pool of pg', 'postgres', openPg],
  ['postgres.js', 'postgres', openPostgresJs],
  ['a pool of mysql2', 'mariadb', openMysql],
]

describe.each(clients)('%s that goes silent', (_, kind, open) => {
  const { available, url } = service(kind)
  let database: Database
  let proxy: TcpProxy
  let opened: Opened | undefined
  beforeAll(async () => {
    if (available) database = await createDatabase(kind, url)
  })
  beforeEach(async () => {
    if (available) proxy = await tcpProxy(database.url)
  })
  afterEach(async () => {
    opened?.end()
    await proxy?.close()
  })
  afterAll(() => database?.drop())

  it.skipIf(!available).each([1, 50])(
    'recovers with the documented settings, %i requests in flight',
    { timeout: 300_000 },
    async (burst) => {
      opened = open(proxy.through(database.url), true)
      await recovers(opened.store, () => proxy.silence(), burst)
    },
  )

  it.skipIf(!available)('does not recover without them', { timeout: 300_000 }, async () => {
    opened = open(proxy.through(database.url), false)
    const backend = createSettledStore(opened.store, 'session', storeTimeout)
    const many = () => Promise.allSettled(Array.from({ length: 50 }, () => backend.read('a' as StoreKey)))
    await many()
    proxy.silence()
    const began = performance.now()
    while (performance.now() - began < 3 * storeTimeout) await many()
    expect((await many()).map(({ status }) => status)).toContain('rejected')
  })
})
