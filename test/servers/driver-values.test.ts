import { type Client, createClient } from '@libsql/client'
import { drizzle as overLibsql } from 'drizzle-orm/libsql'
import { drizzle as overMysql } from 'drizzle-orm/mysql2'
import { drizzle as overPg } from 'drizzle-orm/node-postgres'
import { drizzle as overPostgresJs } from 'drizzle-orm/postgres-js'
import { createPool, type PoolOptions } from 'mysql2/promise'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mysqlStore } from '../../src/stores/mysql.js'
import { postgresStore } from '../../src/stores/postgres.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { createDatabase, type Database, uniqueName } from '../services/databases.js'
import { betterSqlite3, service } from '../services/service.js'
import { key, record, revision } from './sql/kind.js'

type Store = ReturnType<typeof postgresStore> | ReturnType<typeof mysqlStore> | ReturnType<typeof sqliteStore>

/** Every answer and every value of a store. */
async function answersRight(store: Store): Promise<void> {
  const old = record('old', { subject: 'ann', expiresAt: 1_800_000_000_000 })
  const [a, other] = [key('a'), revision('other')]
  expect(await store.create(a, old)).toBe('ok')
  expect(await store.create(a, old)).toBe('exists')
  expect(await store.read(a)).toEqual(old)
  expect(await store.update(a, record('new'), other)).toBe('conflict')
  expect(await store.touch(a, 5, other)).toBe('stale')
  expect(await store.destroy(a, other)).toBe('conflict')
  expect(await store.move(a, key('b'), record('new'), other)).toBe('conflict')
  expect(await store.read(a)).toEqual(old)
  expect(await store.update(key('none'), record('new'), other)).toBe('gone')
  expect(await store.touch(a, 1_900_000_000_000, old.revision)).toBe('ok')
  const touched = { ...old, expiresAt: 1_900_000_000_000 }
  for await (const met of store.bySubject('ann')) expect(met).toEqual({ key: a, record: touched })
  for await (const met of store.scan('')) expect(met).toEqual({ key: a, record: touched })
  expect(await store.move(a, key('b'), record('moved'), old.revision)).toBe('ok')
  expect(await store.update(key('b'), { ...record('new'), expiresAt: 'keep' }, revision('revision-moved'))).toBe('ok')
  expect(await store.read(key('b'))).toEqual(record('new'))
  expect(await store.collectGarbage(9e12 + 1, 10)).toBe(1)
  expect(await store.destroy(key('b'))).toBe('gone')
}

const mysql = service('mariadb')

const mysqlOptions: Record<string, PoolOptions> = {
  'big numbers as text': { supportBigNumbers: true, bigNumberStrings: true },
  'big numbers where needed': { supportBigNumbers: true },
  'dates as text, decimals as numbers': { dateStrings: true, decimalNumbers: true },
  'rows as arrays': { rowsAsArray: true },
  'named placeholders': { namedPlaceholders: true },
  'no type casts': { typeCast: false },
  'a type cast that gives text': { typeCast: (field) => field.string() },
  'text of JSON, several statements': { jsonStrings: true, multipleStatements: true },
  'changed rows counted': { flags: ['-FOUND_ROWS'], supportBigNumbers: true, bigNumberStrings: true },
}

describe.skipIf(!mysql.available)(`mysqlStore on ${mysql.version}, whatever mysql2 makes of values`, () => {
  let database: Database
  beforeAll(async () => {
    database = await createDatabase('mariadb', mysql.url)
  })
  afterAll(() => database?.drop())

  it.each(Object.keys(mysqlOptions))('%s', async (name) => {
    const pool = createPool({ uri: database.url, ...mysqlOptions[name] })
    await answersRight(mysqlStore({ db: overMysql(pool), table: uniqueName(), initTable: true }))
    await pool.end()
  })

  it('integers as text, as MySQL 9 sends a comparison', async () => {
    const pool = createPool({ uri: database.url })
    const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<[unknown, unknown]>
    // MariaDB sends a comparison as INT, MySQL as LONGLONG, which the options above turn into text.
    pool.query = (async (...args: unknown[]) => {
      const [rows, fields] = await query(...args)
      if (!Array.isArray(rows)) return [rows, fields]
      return [rows.map((row) => row.map((value: unknown) => (typeof value === 'number' ? `${value}` : value))), fields]
    }) as typeof pool.query
    await answersRight(mysqlStore({ db: overMysql(pool), table: uniqueName(), initTable: true }))
    await pool.end()
  })
})

const server = service('postgres')

/** Parsers that applications set for the whole process, by the number of a type. */
const pgParsers: Record<string, Record<number, (text: string) => unknown>> = {
  'booleans as text': { 16: (text) => text },
  'booleans as numbers': { 16: (text) => (text === 't' ? 1 : 0) },
  'integers as text': { 20: (text) => text, 23: (text) => text },
  'integers as bigint': { 20: BigInt, 23: BigInt },
  'integers as numbers': { 20: Number, 23: Number },
  'bytes as text': { 17: (text) => text },
  'dates as text': { 1184: (text) => text, 1114: (text) => text },
}

describe.skipIf(!server.available)(`postgresStore on ${server.version}, whatever its driver makes of values`, () => {
  let database: Database
  beforeAll(async () => {
    database = await createDatabase('postgres', server.url)
  })
  afterAll(() => database?.drop())

  it.each(Object.keys(pgParsers))('pg: %s', async (name) => {
    const parsers = Object.entries(pgParsers[name] ?? {}).map(([oid, parse]) => [Number(oid), parse] as const)
    const before = parsers.map(([oid]) => [oid, pg.types.getTypeParser(oid)] as const)
    const pool = new pg.Pool({ connectionString: database.url })
    try {
      for (const [oid, parse] of parsers) pg.types.setTypeParser(oid, parse)
      await answersRight(postgresStore({ db: overPg(pool), table: uniqueName(), initTable: true }))
      const own = postgresStore({ url: database.url, table: uniqueName() })
      await answersRight(own)
      await own.close()
    } finally {
      for (const [oid, parse] of before) pg.types.setTypeParser(oid, parse as (text: string) => unknown)
      await pool.end()
    }
  })

  it('pg: says so, and shows nothing, when bytes have become something else', async () => {
    const parse = pg.types.getTypeParser(17)
    const store = postgresStore({ url: database.url, table: uniqueName() })
    await store.create(key('a'), record('secret-bytes'))
    pg.types.setTypeParser(17, () => 'secret')
    try {
      await expect(store.read(key('a'))).rejects.toMatchObject({
        code: 'ERR_SESSION_STORE',
        message: expect.stringMatching(/^(?!.*secret).*type string where bytes/),
      })
    } finally {
      pg.types.setTypeParser(17, parse as (text: string) => unknown)
      await store.close()
    }
  })

  it.each(Object.keys(pgParsers))('postgres.js: %s', async (name) => {
    const types = Object.fromEntries(
      Object.entries(pgParsers[name] ?? {}).map(([oid, parse]) => [
        `t${oid}`,
        { to: Number(oid), from: [Number(oid)], serialize: (value: unknown) => defaultText(value), parse },
      ]),
    )
    const client = postgres(database.url, { types: types as never, onnotice: () => {} })
    await answersRight(postgresStore({ db: overPostgresJs(client), table: uniqueName(), initTable: true }))
    await client.end()
  })
})

const defaultText = (value: unknown) =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value)

describe('sqliteStore, whatever its driver makes of values', () => {
  it.each(['number', 'bigint', 'string'] as const)('libsql: integers as %s', async (intMode) => {
    const client: Client = createClient({ url: ':memory:', intMode })
    await answersRight(sqliteStore({ db: overLibsql(client), initTable: true }))
    client.close()
  })

  const library = betterSqlite3()
  it.skipIf(!library.available)('better-sqlite3: safe integers', async () => {
    const { openDatabase } = await import(new URL('better-sqlite3/store.mjs', import.meta.url).href)
    const { db, client } = await openDatabase(library.path, ':memory:')
    client.defaultSafeIntegers(true)
    await answersRight(sqliteStore({ db, initTable: true }))
    client.close()
  })
})
