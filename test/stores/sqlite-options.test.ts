import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Revision, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { openLibsql, placeOf } from '../../src/stores/sqlite/connection.js'
import { createTableStatements } from '../../src/stores/sqlite/create-table.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { sqliteTable } from '../../src/stores/sqlite-table.js'
import { makesItsFolders } from './disk-kit.js'

const key = (text: string) => text as StoreKey
const record = (text: string): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: `revision-${text}` as Revision,
  expiresAt: 9e12,
})

let folder: string
let files = 0
const newFile = () => join(folder, `db${files++}.sqlite`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-sqlite-'))
})
afterAll(() => rm(folder, { recursive: true }))

makesItsFolders((path) => sqliteStore({ url: `file:${join(path, 'a.db')}` }))

describe('sqliteStore and its table', () => {
  it('puts a table of another name, with its indexes, beside a default one', async () => {
    const url = `file:${newFile()}`
    const [plain, custom] = [sqliteStore({ url }), sqliteStore({ url, table: 'app_sessions' })]
    await plain.create(key('a'), record('plain'))
    expect(await custom.read(key('a'))).toBeUndefined()
    await custom.create(key('a'), record('custom'))
    expect(await plain.read(key('a'))).toEqual(record('plain'))
    expect(await custom.read(key('a'))).toEqual(record('custom'))
    await Promise.all([plain.close(), custom.close()])
    const client = createClient({ url })
    const { rows } = await client.execute(
      `select type, name, tbl_name from sqlite_master where name not like 'sqlite_%'`,
    )
    client.close()
    expect(rows.map((row) => [row.type, row.name, row.tbl_name]).toSorted()).toEqual([
      ['index', 'app_sessions_expires_at_idx', 'app_sessions'],
      ['index', 'app_sessions_subject_idx', 'app_sessions'],
      ['index', 'sessions_expires_at_idx', 'sessions'],
      ['index', 'sessions_subject_idx', 'sessions'],
      ['table', 'app_sessions', 'app_sessions'],
      ['table', 'sessions', 'sessions'],
    ])
  })

  it('answers from indexes alone: no call walks the table', async () => {
    const client = createClient({ url: ':memory:', concurrency: 1 })
    for (const statement of createTableStatements(sqliteTable())) await client.execute(statement)
    const logged: string[] = []
    const store = sqliteStore({ db: drizzle(client, { logger: { logQuery: (query) => logged.push(query) } }) })
    await store.read(key('a'))
    await store.update(key('a'), record('a'), 'v' as Revision)
    await store.touch(key('a'), 1, 'v' as Revision)
    await store.destroy(key('a'), 'v' as Revision)
    await store.move(key('a'), key('b'), record('a'), 'v' as Revision)
    await store.collectGarbage(1, 1)
    for await (const _ of store.scan('a')) throw new Error('nothing is stored')
    expect(new Set(logged).size).toBe(8)
    for (const query of new Set(logged)) {
      const args = Array(query.split('?').length - 1).fill(1)
      const { rows } = await client.execute({ sql: `explain query plan ${query}`, args })
      const plan = rows.map((row) => String(row.detail)).join('; ')
      expect(`${query}: ${plan}`).toMatch(/SEARCH/)
      expect(`${query}: ${plan}`).not.toMatch(/SCAN (?!CONSTANT)|TEMP B-TREE/)
    }
    const subject = await client.execute(`explain query plan select key from sessions where subject = 'ann'`)
    expect(subject.rows.map((row) => row.detail).join()).toMatch(/sessions_subject_idx/)
    client.close()
  })

  it.each(['', '1a', 'a b', 'a"b', "a'; drop table x", 'sqlite_x', 'a.b', 'x'.repeat(64), 'ä'])(
    'refuses the name %j',
    (table) => {
      expect(() => sqliteStore({ url: ':memory:', table })).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
      )
    },
  )

  it('is not created in your database unless you ask, and its absence is said clearly', async () => {
    const client = createClient({ url: ':memory:', concurrency: 1 })
    const db = drizzle(client)
    await expect(sqliteStore({ db }).read(key('secret-key'))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringMatching(/table sessions does not exist.*initTable/),
    })
    const store = sqliteStore({ db, initTable: true })
    expect(await store.read(key('a'))).toBeUndefined()
    await store.close()
    expect((await client.execute('select 1')).rows.length).toBe(1)
    client.close()
  })
})

describe('sqliteStore opens and closes', () => {
  it('nothing before the first call, and closes for good', async () => {
    const path = newFile()
    const store = sqliteStore({ url: `file:${path}` })
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await store.read(key('a'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    await store.close()
    await store.close()
    await expect(store.read(key('a'))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
  })

  it('a file in WAL mode that is flushed with every commit', async () => {
    const url = `file:${newFile()}`
    const { db, close } = await openLibsql(url, undefined, placeOf(url))
    const settings = await Promise.all(
      ['journal_mode', 'synchronous', 'busy_timeout'].map(
        async (name) => (await db.$client.execute(`pragma ${name}`)).rows[0]?.[0],
      ),
    )
    expect(settings).toEqual(['wal', 2, 5000])
    close()
  })

  it.each(['sessions.db', './a.db', 'postgres://x', 'file:', 'file:%zz', ''])('refuses the url %j', (url) => {
    expect(() => sqliteStore({ url })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('refuses a db that Drizzle did not make for SQLite', () => {
    // @ts-expect-error neither url nor db
    expect(() => sqliteStore({})).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    // @ts-expect-error a client is no Drizzle database
    expect(() => sqliteStore({ db: createClient({ url: ':memory:' }) })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})

describe('sqliteStore never lets a parameter out in an error', () => {
  const secrets = ['secret-key', 'secret-bytes', 'revision-secret-bytes', 'secret-revision']
  const calls = (store: ReturnType<typeof sqliteStore>) => [
    () => store.read(key('secret-key')),
    () => store.create(key('secret-key'), record('secret-bytes')),
    () => store.update(key('secret-key'), record('secret-bytes'), 'secret-revision' as Revision),
    () => store.touch(key('secret-key'), 1, 'secret-revision' as Revision),
    () => store.destroy(key('secret-key')),
    () => store.move(key('secret-key'), key('secret-key2'), record('secret-bytes'), 'secret-revision' as Revision),
  ]
  function assertClean(error: unknown) {
    const text = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)}`
    for (const secret of secrets) {
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
        expect(text).not.toContain(form)
      }
    }
    expect(text).not.toMatch(/<Buffer|Uint8Array/)
  }

  it('when the database refuses: the driver error itself, with its code', async () => {
    const client = createClient({ url: ':memory:', concurrency: 1 })
    const store = sqliteStore({ db: drizzle(client), initTable: true })
    await store.create(key('secret-key'), { ...record('x'), revision: 'secret-revision' as Revision })
    await client.execute(`create trigger no before insert on sessions begin select raise(abort, 'refused'); end`)
    const error: unknown = await store.create(key('other'), record('secret-bytes')).catch((thrown: unknown) => thrown)
    assertClean(error)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
      message: expect.stringContaining('refused'),
    })
    client.close()
  })

  it.each(['closed', 'echo', 'table'])('when every statement fails: %s', async (way) => {
    const client = createClient({ url: ':memory:', concurrency: 1 })
    const store = sqliteStore({ db: drizzle(client), initTable: way !== 'table' })
    if (way !== 'table') await store.read(key('a'))
    if (way === 'closed') client.close()
    // A driver that quotes what it was given, as some servers do.
    if (way === 'echo')
      client.execute = async (statement) =>
        Promise.reject(Object.assign(new Error(inspect(statement)), { code: 'E_ECHO' }))
    for (const call of calls(store)) {
      const error: unknown = await call().then(
        () => 'no error',
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(Error)
      assertClean(error)
      if (way === 'echo')
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', message: expect.stringContaining('E_ECHO') })
    }
  })
})
