import { withReplicas } from 'drizzle-orm/mysql-core'
import { drizzle } from 'drizzle-orm/mysql2'
import { drizzle as postgresDrizzle } from 'drizzle-orm/node-postgres'
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type MysqlDatabase, mysqlStore } from '../../../src/stores/mysql.js'
import { createDatabase } from '../../services/databases.js'
import { sqlBehaviour } from '../sql/behaviour.js'
import { key, record, revision } from '../sql/kind.js'
import { mysqlKind } from './kind.js'

const { server } = mysqlKind

describe.skipIf(!server.available)(`on ${server.version}`, () => {
  sqlBehaviour(mysqlKind)

  async function withPool(config: PoolOptions, run: (pool: Pool, url: string) => Promise<void>) {
    const database = await createDatabase('mariadb', server.url)
    const pool = createPool({ uri: database.url, ...config })
    try {
      await run(pool, database.url)
    } finally {
      await pool.end()
      await database.drop()
    }
  }
  const rowsOf = async (pool: Pool, statement: string) =>
    (await pool.query(statement))[0] as unknown as Record<string, string | number | null>[]

  describe('mysqlStore', () => {
    it('names the table and its indexes as told, D4, and takes any bytes of any length, D12', async () => {
      await withPool({}, async (pool) => {
        const plain = mysqlStore({ db: drizzle(pool), initTable: true })
        const custom = mysqlStore({ db: drizzle(pool), initTable: true, table: 'web_sessions' })
        await plain.create(key('a'), record('plain'))
        expect(await custom.read(key('a'))).toBeUndefined()
        const indexes = await rowsOf(
          pool,
          `select table_name as t, index_name as i from information_schema.statistics
           where table_schema = database() order by t, i`,
        )
        expect(indexes.map(({ t, i }) => [t, i])).toEqual([
          ['sessions', 'PRIMARY'],
          ['sessions', 'sessions_expires_at_idx'],
          ['sessions', 'sessions_subject_idx'],
          ['web_sessions', 'PRIMARY'],
          ['web_sessions', 'web_sessions_expires_at_idx'],
          ['web_sessions', 'web_sessions_subject_idx'],
        ])
        const columns = await rowsOf(
          pool,
          `select column_name as c, column_type as t from information_schema.columns
           where table_schema = database() and table_name = 'sessions' order by ordinal_position`,
        )
        expect(columns.map(({ c, t }) => `${c} ${String(t).replace(/\(20\)/, '')}`)).toEqual([
          'id binary(32)',
          'key longblob',
          'bytes longblob',
          'version varbinary(255)',
          'expires_at bigint',
          'subject varbinary(255)',
        ])
      })
    })

    it('answers from indexes: no call but a scan walks the table', async () => {
      await withPool({ connectionLimit: 1 }, async (pool) => {
        const logged = new Map<string, unknown[]>()
        const db = drizzle(pool, { logger: { logQuery: (query, params) => logged.set(query, params) } })
        const filler = mysqlStore({ db: drizzle(pool), initTable: true })
        for (let i = 0; i < 300; i++)
          await filler.create(key(`${i}`), record(`${i}`, { subject: `${i}`, expiresAt: 1000 + i }))
        await pool.query('analyze table sessions')
        // MySQL 9 explains as a tree unless asked; MariaDB knows no such word.
        const traditional = server.version.startsWith('MySQL') ? 'format=traditional ' : ''
        const store = mysqlStore({ db })
        await store.read(key('none'))
        await store.update(key('none'), record('a'), revision('v'))
        await store.touch(key('none'), 1, revision('v'))
        await store.destroy(key('none'), revision('v'))
        await store.destroy(key('none'))
        await store.move(key('none'), key('b'), record('a'), revision('v'))
        await store.collectGarbage(1, 1)
        for await (const _ of store.bySubject('ann')) throw new Error('nothing is stored')
        // And one that asks once whether what is acknowledged is committed.
        expect(logged.size).toBe(10)
        for (const [query, params] of logged) {
          if (query.includes('autocommit')) continue
          const [rows] = await pool.query(`explain ${traditional}${query}`, params)
          for (const { type, table, Extra } of rows as { type: string | null; table: string | null; Extra: string }[]) {
            // The derived table of the collector is read from end to end: it is what the limit lets through.
            if (table?.startsWith('<')) continue
            expect(`${query}: ${table} ${type}, ${Extra}`).toMatch(
              /: (sessions (const|eq_ref|range|ref)|null null|\S+ null, (no matching row|Impossible WHERE))/,
            )
          }
        }
      })
    })

    it('takes a write that leaves the row as it was for done, however the pool counts', async () => {
      for (const flags of [['-FOUND_ROWS'], ['FOUND_ROWS']]) {
        await withPool({ flags }, async (pool) => {
          const store = mysqlStore({ db: drizzle(pool), initTable: true })
          const old = record('old')
          await store.create(key('a'), old)
          expect(await store.touch(key('a'), old.expiresAt, old.revision)).toBe('ok')
          expect(await store.update(key('a'), old, old.revision)).toBe('ok')
          expect(await store.move(key('a'), key('a'), old, old.revision)).toBe('conflict')
          expect(await store.create(key('a'), old)).toBe('exists')
        })
      }
    })

    it('sends a statement again that a deadlock undid', async () => {
      await withPool({}, async (pool, url) => {
        const store = mysqlStore({ url })
        await store.create(key('from'), record('old'))
        const other = await pool.getConnection()
        // Much work makes the other transaction the one that InnoDB spares.
        await other.query('create table work (n int primary key auto_increment, t text)')
        await other.query('begin')
        for (let i = 0; i < 5; i++) await other.query(`insert into work (t) values ${Array(50).fill("('x')").join()}`)
        await other.query(
          `insert into sessions values (${mysqlKind.id('to')}, 'to', 'taken', 'revision-taken', 9000000000000, null)`,
        )
        const pending = store.move(key('from'), key('to'), record('new'), revision('revision-old'))
        await waitingFor(pool)
        // Now each holds what the other wants.
        await other.query(`update sessions set expires_at = 8 where id = ${mysqlKind.id('from')}`)
        await other.query('rollback')
        other.release()
        expect(await pending).toBe('ok')
        expect(await store.read(key('to'))).toEqual(record('new'))
        const [status] = await rowsOf(pool, `show engine innodb status`)
        expect(String(status?.['Status'])).toContain('LATEST DETECTED DEADLOCK')
        await store.close()
      })
    })

    it('sends a statement again that waited too long for a lock, and gives up in the end', async () => {
      await withPool({ connectionLimit: 2 }, async (pool, url) => {
        const statements: unknown[] = []
        await mysqlStore({ db: drizzle(pool), initTable: true }).create(key('key-held'), record('old-bytes'))
        const { store, end } = mysqlKind.watched(`${url}`, 'sessions', (one) => statements.push(one))
        await pool.query('set global innodb_lock_wait_timeout = 1')
        try {
          const other = await pool.getConnection()
          await other.query('begin')
          await other.query('select * from sessions for update')
          await store.read(key('none'))
          statements.length = 0
          const failed = store.touch(key('key-held'), 1, revision('revision-old-bytes'))
          await expect(failed).rejects.toMatchObject({ code: 'ER_LOCK_WAIT_TIMEOUT' })
          expect(statements.length).toBe(5)
          const pending = store.touch(key('key-held'), 2, revision('revision-old-bytes'))
          await waitingFor(pool)
          await other.query('rollback')
          other.release()
          expect(await pending).toBe('ok')
        } finally {
          await pool.query('set global innodb_lock_wait_timeout = default')
          await end()
        }
      })
    })

    async function waitingFor(pool: Pool) {
      for (;;) {
        const [row] = await rowsOf(
          pool,
          `select count(*) as n from information_schema.innodb_trx where trx_state = 'LOCK WAIT'`,
        )
        if (row?.['n']) return
        await new Promise((resolve) => setTimeout(resolve, 110))
      }
    }

    it('collects on a server that does not know skip locked', async () => {
      await withPool({}, async (pool, url) => {
        await mysqlStore({ db: drizzle(pool), initTable: true }).create(key('a'), record('a', { expiresAt: 1 }))
        const asked: string[] = []
        const { store, end } = mysqlKind.watched(url, 'sessions', (statement) => {
          const { sql } = (statement as [{ sql: string }])[0]
          asked.push(sql.slice(0, 30))
          if (sql.includes('skip locked')) throw Object.assign(new Error('no'), { code: 'ER_PARSE_ERROR' })
        })
        await store.read(key('none'))
        asked.length = 0
        expect(await store.collectGarbage(1, 10)).toBe(1)
        expect(await store.collectGarbage(1, 10)).toBe(0)
        expect(asked.length).toBe(3)
        await end()
      })
    })

    it('refuses what a server that is not strict would cut off, and stores the rest as it is', async () => {
      await withPool({ connectionLimit: 1 }, async (pool) => {
        await pool.query(`set session sql_mode = ''`)
        const store = mysqlStore({ db: drizzle(pool), initTable: true })
        const fitting = record('a', { revision: revision('v'.repeat(255)), subject: 's'.repeat(255) })
        expect(await store.create(key('a'), fitting)).toBe('ok')
        expect(await store.read(key('a'))).toEqual(fitting)
        for (const more of [{ revision: revision('v'.repeat(256)) }, { subject: 'ß'.repeat(128) }]) {
          const refused = { code: 'ERR_SESSION_STORE', message: expect.stringContaining('256 bytes') }
          await expect(store.create(key('b'), record('b', more))).rejects.toMatchObject(refused)
          await expect(store.update(key('a'), record('b', more), fitting.revision)).rejects.toMatchObject(refused)
          await expect(store.move(key('a'), key('b'), record('b', more), fitting.revision)).rejects.toMatchObject(
            refused,
          )
        }
        expect(await store.read(key('b'))).toBeUndefined()
        for (const mode of ['NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES', 'PAD_CHAR_TO_FULL_LENGTH']) {
          await pool.query(`set session sql_mode = '${mode}'`)
          const odd = record(`\\' or 1 = 1 -- ${mode}`, { subject: `\\' ${mode}` })
          expect(await store.create(key(`\\' ${mode}`), odd)).toBe('ok')
          expect(await store.read(key(`\\' ${mode}`))).toEqual(odd)
        }
      })
    })

    it('needs no privilege but to read and write once the table is there, and says why it may not write', async () => {
      await withPool({}, async (pool, url) => {
        await mysqlStore({ db: drizzle(pool), initTable: true }).create(key('key-there'), record('stored-bytes'))
        const address = new URL(url)
        const name = address.pathname.slice(1)
        address.username = name
        address.password = ''
        await pool.query(`create user ${name}@'127.0.0.1'`)
        await pool.query(`grant select on ${name}.* to ${name}@'127.0.0.1'`)
        const reader = mysqlStore({ url: address.href })
        expect(await reader.read(key('key-there'))).toEqual(record('stored-bytes'))
        const denied = { code: 'ER_TABLEACCESS_DENIED_ERROR' }
        await expect(reader.create(key('key-absent'), record('other-bytes'))).rejects.toMatchObject(denied)
        await expect(reader.destroy(key('key-there'))).rejects.toMatchObject(denied)
        await pool.query(`grant insert, update, delete on ${name}.* to ${name}@'127.0.0.1'`)
        await reader.close()
        const writer = mysqlStore({ url: address.href })
        expect(await writer.create(key('key-absent'), record('other-bytes'))).toBe('ok')
        await pool.query('set global read_only = on')
        try {
          expect(await writer.read(key('key-there'))).toEqual(record('stored-bytes'))
          const refused = { code: 'ER_OPTION_PREVENTS_STATEMENT' }
          await expect(writer.destroy(key('key-there'))).rejects.toMatchObject(refused)
        } finally {
          await pool.query('set global read_only = off')
        }
        await writer.close()
        await pool.query(`drop user ${name}@'127.0.0.1'`)
      })
    })

    it('waits for a connection of a pool that is taken, or rejects if the pool is told to', async () => {
      await withPool({ connectionLimit: 1 }, async (pool, url) => {
        const store = mysqlStore({ db: drizzle(pool), initTable: true })
        await store.create(key('key-there'), record('stored-bytes'))
        const taken = await pool.getConnection()
        const pending = store.read(key('key-there'))
        taken.release()
        expect(await pending).toEqual(record('stored-bytes'))
        const strict = createPool({ uri: url, connectionLimit: 1, waitForConnections: false })
        const other = await strict.getConnection()
        const refused = mysqlStore({ db: drizzle(strict) })
        await expect(refused.read(key('key-there'))).rejects.toThrow(/No connections available/)
        other.release()
        expect(await refused.read(key('key-there'))).toEqual(record('stored-bytes'))
        await strict.end()
      })
    })

    it('refuses what is no Drizzle MySQL database', async () => {
      const refused = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
      // @ts-expect-error neither url nor db
      expect(() => mysqlStore({})).toThrow(refused)
      const pool = createPool({})
      // @ts-expect-error a pool is no Drizzle database
      expect(() => mysqlStore({ db: pool })).toThrow(refused)
      const ofAnother = postgresDrizzle(new pg.Pool())
      // @ts-expect-error a database of another dialect
      await expect((async () => mysqlStore({ db: ofAnother }).read(key('a')))()).rejects.toEqual(refused)
      const db = drizzle(pool)
      await expect(mysqlStore({ db: withReplicas(db, [db]) }).read(key('a'))).rejects.toEqual(refused)
      await pool.end()
    })

    it.each(['', 'sessions', 'postgres://h/d', 'mysql://a:secret@h:no/d', 'mysql:/h/d'])(
      'refuses the url %j',
      (url) => {
        expect(() => mysqlStore({ url })).toThrow(
          expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.not.stringContaining('secret') }),
        )
      },
    )
  })
})

// Compiles: what drizzle() returns for mysql2 fits the structural type.
void ((db: ReturnType<typeof drizzle>): MysqlDatabase => db)
