import { createClient } from '@libsql/client'
import { drizzle as overLibsql } from 'drizzle-orm/libsql'
import { drizzle as overMysql } from 'drizzle-orm/mysql2'
import { drizzle as overPg } from 'drizzle-orm/node-postgres'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import { createConnection, createPool, type Pool } from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { mysqlStore } from '../../../src/stores/mysql.js'
import { postgresStore } from '../../../src/stores/postgres.js'
import { sqliteStore } from '../../../src/stores/sqlite.js'
import { createDatabase } from '../../services/databases.js'
import { betterSqlite3, service } from '../../services/service.js'
import { key, record, revision } from './kind.js'

const [server, mysql] = [service('postgres'), service('mariadb')]
const refused = { code: 'ERR_SESSION_CONFIG', message: expect.stringContaining('transaction') }
const says = (pattern: RegExp) => ({ code: 'ERR_SESSION_STORE', message: expect.stringMatching(pattern) })

async function withPg(run: (pool: pg.Pool, url: string) => Promise<void>) {
  const database = await createDatabase('postgres', server.url)
  const pool = new pg.Pool({ connectionString: database.url, max: 4 })
  pool.on('error', () => {})
  try {
    await run(pool, database.url)
  } finally {
    await pool.end()
    await database.drop()
  }
}

async function withMysql(run: (pool: Pool, url: string) => Promise<void>) {
  const database = await createDatabase('mariadb', mysql.url)
  const pool = createPool({ uri: database.url })
  try {
    await run(pool, database.url)
  } finally {
    await pool.end()
    await database.drop()
  }
}

describe.skipIf(!server.available)(`on ${server.version} postgresStore refuses`, () => {
  it('a db inside a transaction, whoever opened it and when: Drizzle, pg, postgres.js', async () => {
    await withPg(async (pool, url) => {
      await postgresStore({ db: overPg(pool), initTable: true }).create(key('a'), record('a'))
      await overPg(pool).transaction(async (tx) => {
        await expect(postgresStore({ db: tx }).create(key('b'), record('b'))).rejects.toMatchObject(refused)
      })
      const client = await pool.connect()
      const store = postgresStore({ db: overPg(client) })
      expect(await store.read(key('a'))).toEqual(record('a'))
      await client.query('begin')
      await expect(store.create(key('b'), record('b'))).rejects.toMatchObject(refused)
      await expect(store.read(key('a'))).rejects.toMatchObject(refused)
      await client.query('rollback')
      expect(await store.read(key('b'))).toBeUndefined()
      expect(await store.create(key('b'), record('b'))).toBe('ok')
      client.release()
      const sql = postgres(url)
      await overPostgresJs(sql).transaction(async (tx) => {
        await expect(postgresStore({ db: tx }).create(key('c'), record('c'))).rejects.toMatchObject(refused)
      })
      // Drizzle takes no handle of `sql.begin` itself.
      await sql.begin(async (tx) => {
        expect(() => overPostgresJs(tx as unknown as typeof sql)).toThrow(TypeError)
      })
      await sql.end()
    })
  })

  it('a table of another library, naming what it lacks, with and without initTable', async () => {
    await withPg(async (pool) => {
      await pool.query(
        'create table session (sid varchar primary key, sess json not null, expire timestamp(6) not null)',
      )
      await pool.query(
        'create table sessions (id varchar(255) primary key, user_id bigint, payload text, last_activity int)',
      )
      for (const initTable of [true, false]) {
        const foreign = postgresStore({ db: overPg(pool), table: 'session', initTable })
        await expect(foreign.read(key('a'))).rejects.toMatchObject(says(/table session .*lacks id, key.*has sid, sess/))
        const laravel = postgresStore({ db: overPg(pool), initTable })
        await expect(laravel.create(key('a'), record('a'))).rejects.toMatchObject(says(/lacks key, bytes.*payload/))
      }
    })
  })

  it('an index of its name on another table, when it makes its own', async () => {
    await withPg(async (pool) => {
      await pool.query('create table other (n int)')
      await pool.query('create index sessions_expires_at_idx on other (n)')
      const store = postgresStore({ db: overPg(pool), initTable: true })
      await expect(store.read(key('a'))).rejects.toMatchObject(
        says(/sessions_expires_at_idx.*name of an index of sessions/),
      )
    })
  })

  it.each([
    ['26000', 'deallocate all'],
    ['42P05', ''],
  ])('a pooler that loses or mixes up prepared statements (%s), naming the option', async (code, statement) => {
    await withPg(async (pool, url) => {
      const client = new pg.Client(url)
      await client.connect()
      const store = postgresStore({ db: overPg(client), initTable: true })
      await store.read(key('a'))
      if (statement) await client.query(statement)
      // What a connection believes it has prepared is no longer true.
      else (client as unknown as { connection: { parsedStatements: object } }).connection.parsedStatements = {}
      await expect(store.read(key('a'))).rejects.toMatchObject(says(new RegExp(`${code}.*prepare: false`)))
      await client.end()
      void pool
    })
  })

  it('a schema in the url or public before the table, and takes another before it', async () => {
    await withPg(async (pool, url) => {
      const config = { code: 'ERR_SESSION_CONFIG', message: expect.stringContaining('auth.sessions') }
      for (const name of ['schema', 'currentSchema', 'search_path'])
        expect(() => postgresStore({ url: `${url}?${name}=auth` })).toThrow(expect.objectContaining(config))
      for (const table of ['public.sessions', 'a.b.c', '.sessions', 'auth.'])
        expect(() => postgresStore({ url, table })).toThrow(expect.objectContaining(config))
      const store = postgresStore({ url, table: 'auth.sessions' })
      await expect(store.read(key('a'))).rejects.toMatchObject(says(/no schema auth/))
      await pool.query('create schema auth')
      expect(await store.create(key('a'), record('a'))).toBe('ok')
      expect(await store.update(key('a'), record('b'), revision('revision-a'))).toBe('ok')
      const { rows } = await pool.query(`select indexname from pg_indexes where schemaname = 'auth' order by 1`)
      expect(rows.map(({ indexname }) => indexname)).toEqual([
        'sessions_expires_at_idx',
        'sessions_pkey',
        'sessions_subject_idx',
      ])
      await store.close()
    })
  })
})

describe.skipIf(!mysql.available)(`on ${mysql.version} mysqlStore`, () => {
  it('stores what it acknowledges on a server whose autocommit is off and whose mode cuts off, or refuses', async () => {
    await withMysql(async (pool, url) => {
      await pool.query(`set global autocommit = 0`)
      await pool.query(`set global sql_mode = ''`)
      try {
        const store = mysqlStore({ url })
        for (let i = 0; i < 20; i++) expect(await store.create(key(`${i}`), record(`${i}`))).toBe('ok')
        await store.close()
        const [rows] = await pool.query('select count(*) as n from sessions')
        expect(rows).toMatchObject([{ n: 20 }])
        const other = createPool({ uri: url })
        const given = mysqlStore({ db: overMysql(other) })
        await expect(given.create(key('a'), record('a'))).rejects.toMatchObject({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining('autocommit'),
        })
        await other.end()
      } finally {
        await pool.query('set global autocommit = 1')
        await pool.query('set global sql_mode = default')
      }
    })
  })

  it('refuses a db inside a transaction, whoever opened it and when', async () => {
    await withMysql(async (pool, url) => {
      await mysqlStore({ db: overMysql(pool), initTable: true }).create(key('a'), record('a'))
      await overMysql(pool).transaction(async (tx) => {
        await expect(mysqlStore({ db: tx as never }).read(key('a'))).rejects.toMatchObject(refused)
      })
      for (const write of [
        (store: ReturnType<typeof mysqlStore>) => store.create(key('b'), record('b')),
        (store: ReturnType<typeof mysqlStore>) => store.update(key('a'), record('b'), revision('revision-a')),
        (store: ReturnType<typeof mysqlStore>) => store.destroy(key('a')),
      ]) {
        const connection = await createConnection(url)
        const store = mysqlStore({ db: overMysql(connection) })
        expect(await store.read(key('a'))).toEqual(record('a'))
        await connection.query('begin')
        await expect(write(store)).rejects.toMatchObject(refused)
        // What is read there proves nothing.
        await expect(store.read(key('b'))).rejects.toMatchObject(refused)
        await connection.query('rollback')
        await connection.end()
      }
    })
  })

  it('says of a record over max_allowed_packet that it is too large, with the sizes, and goes on', async () => {
    await withMysql(async (pool, url) => {
      const [[before]] = (await pool.query('select @@global.max_allowed_packet as size')) as unknown as [
        { size: number }[],
      ]
      await pool.query('set global max_allowed_packet = 1048576')
      const own = mysqlStore({ url })
      const other = createPool({ uri: url })
      const given = mysqlStore({ db: overMysql(other), initTable: true })
      try {
        for (const store of [own, given]) {
          for (const size of [600_000, 3_000_000]) {
            const large = { ...record('x'), bytes: new Uint8Array(size) }
            const error = { code: 'ERR_SESSION_TOO_LARGE', message: expect.stringMatching(`${size} bytes.*1048576`) }
            await expect(store.create(key('a'), large)).rejects.toMatchObject(error)
          }
          expect(await store.create(key('a'), { ...record('x'), bytes: new Uint8Array(500_000) })).toBe('ok')
          await store.destroy(key('a'))
        }
      } finally {
        await pool.query('set global max_allowed_packet = ?', [before?.size])
        await own.close()
        await other.end()
      }
    })
  })

  it('names a table of another library and what it lacks', async () => {
    await withMysql(async (pool) => {
      await pool.query(
        'create table sessions (id varchar(255) primary key, user_id bigint, payload longtext, last_activity int)',
      )
      for (const initTable of [true, false]) {
        const store = mysqlStore({ db: overMysql(pool), initTable })
        await expect(store.read(key('a'))).rejects.toMatchObject(says(/lacks key, bytes.*payload/))
      }
    })
  })
})

describe('sqliteStore refuses', () => {
  it('the db of a transaction', async () => {
    const client = createClient({ url: ':memory:' })
    const db = overLibsql(client)
    await sqliteStore({ db, initTable: true }).read(key('a'))
    await db.transaction(async (tx) => {
      await expect(sqliteStore({ db: tx }).create(key('b'), record('b'))).rejects.toMatchObject(refused)
    })
    const tx = await client.transaction('write')
    const inside = sqliteStore({ db: overLibsql(tx as never) })
    await expect(inside.create(key('b'), record('b'))).rejects.toMatchObject(refused)
    await tx.rollback()
    client.close()
  })

  const library = betterSqlite3()
  it.skipIf(!library.available)('each call while better-sqlite3 is in a transaction, whenever it began', async () => {
    const { openDatabase } = await import(new URL('../better-sqlite3/store.mjs', import.meta.url).href)
    const { db, client } = await openDatabase(library.path, ':memory:')
    const store = sqliteStore({ db, initTable: true })
    expect(await store.create(key('a'), record('a'))).toBe('ok')
    client.exec('begin')
    await expect(store.create(key('b'), record('b'))).rejects.toMatchObject(refused)
    await expect(sqliteStore({ db }).read(key('a'))).rejects.toMatchObject(refused)
    client.exec('rollback')
    expect(await store.read(key('a'))).toEqual(record('a'))
    client.close()
  })

  it('a table of another library, and an index of its name on another table', async () => {
    const client = createClient({ url: ':memory:' })
    await client.execute('create table sessions (sid text primary key, sess text not null, expire integer)')
    for (const initTable of [true, false]) {
      const store = sqliteStore({ db: overLibsql(client), initTable })
      await expect(store.read(key('a'))).rejects.toMatchObject(says(/lacks key, bytes.*has sid, sess/))
    }
    await client.execute('create index web_expires_at_idx on sessions (expire)')
    const other = sqliteStore({ db: overLibsql(client), table: 'web', initTable: true })
    await expect(other.read(key('a'))).rejects.toMatchObject(says(/web_expires_at_idx/))
    client.close()
  })
})
