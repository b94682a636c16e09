import { drizzle as mysqlDrizzle } from 'drizzle-orm/mysql2'
import { drizzle } from 'drizzle-orm/node-postgres'
import { withReplicas } from 'drizzle-orm/pg-core'
import type { drizzle as pgliteDrizzle } from 'drizzle-orm/pglite'
import type { drizzle as postgresJsDrizzle } from 'drizzle-orm/postgres-js'
import { createPool } from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type PostgresDatabase, postgresStore } from '../../../src/stores/postgres.js'
import { createDatabase, uniqueName } from '../../services/databases.js'
import { until } from '../../services/process.mjs'
import { service } from '../../services/service.js'
import { sqlBehaviour } from '../sql/behaviour.js'
import { key, record, revision } from '../sql/kind.js'
import { postgresKind } from './kind.js'

const server = service('postgres')

describe.skipIf(!server.available)(`on ${server.version}`, () => {
  sqlBehaviour(postgresKind)

  async function withPool(config: pg.PoolConfig, run: (pool: pg.Pool, url: string) => Promise<void>) {
    const database = await createDatabase('postgres', server.url)
    const pool = new pg.Pool({ connectionString: database.url, ...config })
    pool.on('error', () => {})
    try {
      await run(pool, database.url)
    } finally {
      await pool.end()
      await database.drop()
    }
  }

  describe('postgresStore', () => {
    it('names the table and its indexes as told, D4', async () => {
      await withPool({}, async (pool) => {
        const plain = postgresStore({ db: drizzle(pool), initTable: true })
        const custom = postgresStore({ db: drizzle(pool), initTable: true, table: 'web_sessions' })
        await plain.create(key('a'), record('plain'))
        expect(await custom.read(key('a'))).toBeUndefined()
        const { rows } = await pool.query(
          `select tablename, indexname from pg_indexes where schemaname = 'public' order by indexname`,
        )
        expect(rows.map(({ tablename, indexname }) => [tablename, indexname])).toEqual([
          ['sessions', 'sessions_expires_at_idx'],
          ['sessions', 'sessions_pkey'],
          ['sessions', 'sessions_subject_idx'],
          ['web_sessions', 'web_sessions_expires_at_idx'],
          ['web_sessions', 'web_sessions_pkey'],
          ['web_sessions', 'web_sessions_subject_idx'],
        ])
      })
    })

    it('needs no privilege but to read and write once the table is there', async () => {
      await withPool({}, async (pool, url) => {
        const owner = postgresStore({ db: drizzle(pool), initTable: true })
        await owner.create(key('a'), record('a'))
        const role = uniqueName()
        await pool.query(`create role ${role} login`)
        await pool.query(`grant select, insert, update, delete on sessions to ${role}`)
        const address = new URL(url)
        address.username = role
        const store = postgresStore({ url: address.href })
        expect(await store.read(key('a'))).toEqual(record('a'))
        expect(await store.create(key('b'), record('b'))).toBe('ok')
        await store.close()
        await pool.query(`drop owned by ${role}`)
        await pool.query(`drop role ${role}`)
      })
    })

    it('answers from indexes: no call but a scan walks the table', async () => {
      await withPool({ max: 1 }, async (pool) => {
        const logged = new Set<string>()
        const db = drizzle(pool, { logger: { logQuery: (query) => logged.add(query) } })
        await postgresStore({ db: drizzle(pool), initTable: true }).create(key('b'), record('b'))
        const store = postgresStore({ db })
        await store.read(key('a'))
        await store.create(key('a'), record('a'))
        await store.update(key('a'), record('a'), revision('v'))
        await store.touch(key('a'), 1, revision('v'))
        await store.destroy(key('a'), revision('v'))
        await store.destroy(key('a'))
        await store.move(key('a'), key('b'), record('a'), revision('v'))
        await store.collectGarbage(1, 1)
        for await (const _ of store.bySubject('ann')) throw new Error('nothing is stored')
        for await (const _ of store.scan('zz')) throw new Error('nothing is stored')
        expect(logged.size).toBe(10)
        await pool.query('set enable_seqscan = off')
        await pool.query('set enable_bitmapscan = off')
        await pool.query('set plan_cache_mode = force_generic_plan')
        let n = 0
        for (const query of logged) {
          await pool.query(`prepare q${n} as ${query}`)
          const args = Array(new Set(query.match(/\$\d+/g)).size).fill('null')
          const { rows } = await pool.query(`explain execute q${n++}${args.length ? `(${args.join()})` : ''}`)
          const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
          expect(`${query}\n${plan}`).not.toMatch(/Seq Scan/)
          if (query.includes('"subject" =') && query.startsWith('select')) expect(plan).toMatch(/sessions_subject_idx/)
          if (query.includes('skip locked')) expect(plan).toMatch(/sessions_expires_at_idx/)
        }
      })
    })

    it.each([true, false])('with prepare: %s keeps statements on the server, or not', async (prepare) => {
      await withPool({ max: 1 }, async (pool) => {
        const store = postgresStore({ db: drizzle(pool), initTable: true, prepare })
        await store.create(key('a'), record('a'))
        await store.read(key('a'))
        const { rows } = await pool.query(`select name from pg_prepared_statements where name like 'zession_%'`)
        expect(rows.length).toBe(prepare ? 2 : 0)
      })
    })

    it.each(['repeatable read', 'serializable'])('sends again what lost a race under %s', async (level) => {
      await withPool(
        { options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` },
        async (pool, url) => {
          const store = postgresStore({ db: drizzle(pool), initTable: true })
          await store.create(key('a'), record('old'))
          const other = await pool.connect()
          const watcher = await postgresKind.client(url)
          const { rows } = await other.query('show transaction_isolation')
          expect(rows[0].transaction_isolation).toBe(level)
          // There the database answers 40001 to whoever waited for a row that was written meanwhile.
          await other.query('begin')
          await other.query('update sessions set expires_at = 5')
          const pending = store.update(key('a'), record('new'), revision('revision-old'))
          await until('the store waits', async () => {
            const [row] = (await watcher.run(
              `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
            )) as { n: number }[]
            return row?.n === 1
          })
          await other.query('commit')
          other.release()
          expect(await pending).toBe('ok')
          expect(await store.read(key('a'))).toEqual(record('new'))
          await watcher.end()
        },
      )
    })

    it('reads from a read-only database and says why it cannot write', async () => {
      await withPool({ options: '-c default_transaction_read_only=on' }, async (pool, url) => {
        const [there, absent, stored] = [key('key-there'), key('key-absent'), record('stored-bytes')]
        const writer = postgresStore({ url })
        await writer.create(there, stored)
        await writer.close()
        const store = postgresStore({ db: drizzle(pool), initTable: true })
        expect(await store.read(there)).toEqual(stored)
        const refused = { code: '25006', message: expect.stringContaining('read-only transaction') }
        await expect(store.create(absent, stored)).rejects.toMatchObject(refused)
        await expect(store.touch(there, 1, stored.revision)).rejects.toMatchObject(refused)
        await expect(store.destroy(there)).rejects.toMatchObject(refused)
      })
    })

    it('rejects when every connection of the pool is taken, and works when one is free again', async () => {
      await withPool({ max: 1, connectionTimeoutMillis: 100 }, async (pool) => {
        const store = postgresStore({ db: drizzle(pool), initTable: true })
        await store.create(key('key-there'), record('stored-bytes'))
        const taken = await pool.connect()
        try {
          await expect(store.read(key('key-there'))).rejects.toThrow(/timeout exceeded/)
        } finally {
          taken.release()
        }
        expect(await store.read(key('key-there'))).toEqual(record('stored-bytes'))
      })
    })

    it('refuses what is no Drizzle PostgreSQL database', async () => {
      const refused = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
      // @ts-expect-error neither url nor db
      expect(() => postgresStore({})).toThrow(refused)
      // @ts-expect-error a pool is no Drizzle database
      expect(() => postgresStore({ db: new pg.Pool() })).toThrow(refused)
      const ofAnother = mysqlDrizzle(createPool({}))
      // @ts-expect-error a database of another dialect
      await expect((async () => postgresStore({ db: ofAnother }).read(key('a')))()).rejects.toEqual(refused)
      const db = drizzle(new pg.Pool())
      await expect(postgresStore({ db: withReplicas(db, [db]) }).read(key('a'))).rejects.toEqual(refused)
    })

    it.each(['', 'sessions', 'mysql://h/d', 'postgres://a:secret@h:no/d', 'postgres:/h/d'])(
      'refuses the url %j',
      (url) => {
        expect(() => postgresStore({ url })).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.not.stringContaining('secret') }),
        )
      },
    )
  })
})

// Compiles: the databases of each driver fit the structural type.
void ((
  node: ReturnType<typeof drizzle>,
  js: ReturnType<typeof postgresJsDrizzle>,
  lite: ReturnType<typeof pgliteDrizzle>,
): PostgresDatabase[] => [node, js, lite])
