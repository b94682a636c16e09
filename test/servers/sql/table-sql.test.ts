import { readFileSync } from 'node:fs'
import { createClient } from '@libsql/client'
import { drizzle as drizzleLibsql } from 'drizzle-orm/libsql'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mysqlStore } from '../../../src/stores/mysql.js'
import { mysqlTableSql } from '../../../src/stores/mysql-table.js'
import type { FullStore, Revision, StoreKey } from '../../../src/stores/port.js'
import { postgresStore } from '../../../src/stores/postgres.js'
import { postgresTableSql } from '../../../src/stores/postgres-table.js'
import { sqliteStore } from '../../../src/stores/sqlite.js'
import { sqliteTableSql } from '../../../src/stores/sqlite-table.js'
import { createDatabase, type Database } from '../../services/databases.js'
import { service } from '../../services/service.js'

const pageOf = (name: string) => readFileSync(new URL(`../../../docs/stores/${name}.md`, import.meta.url), 'utf8')

/** Every power, so every column and index. */
async function isUsable(store: FullStore): Promise<void> {
  const record = { bytes: new Uint8Array([1]), revision: 'one' as Revision, expiresAt: 9e15, subject: 'ann' }
  expect(await store.create('key' as StoreKey, record)).toBe('ok')
  const found: string[] = []
  for await (const { key } of store.bySubject('ann')) found.push(key)
  expect(found).toEqual(['key'])
  expect(await store.collectGarbage(1, 10)).toBe(0)
}

describe('the SQL of a table is enough for its store, is what its page shows, and may run twice', () => {
  it('SQLite', async () => {
    const client = createClient({ url: ':memory:' })
    for (const _ of [1, 2]) await client.executeMultiple(sqliteTableSql())
    await isUsable(sqliteStore({ db: drizzleLibsql(client) }))
    const { rows } = await client.execute("select name from sqlite_master where type = 'index' and sql is not null")
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['sessions_expires_at_idx', 'sessions_subject_idx'])
    client.close()
    expect(pageOf('sqlite')).toContain(sqliteTableSql())
  })

  const postgres = service('postgres')
  describe.skipIf(!postgres.available)('PostgreSQL', () => {
    let database: Database
    beforeAll(async () => {
      database = await createDatabase('postgres', postgres.url)
    })
    afterAll(() => database?.drop())

    it.each(['sessions', 'auth.sessions'])('with the name %s', async (name) => {
      const client = new pg.Client(database.url)
      await client.connect()
      await client.query('create schema if not exists auth')
      for (const _ of [1, 2]) await client.query(postgresTableSql(name))
      const store = postgresStore({ url: database.url, table: name, initTable: false })
      await isUsable(store)
      const [schema, table] = name.includes('.') ? name.split('.') : ['public', name]
      const sql = 'select indexname from pg_indexes where schemaname = $1 and tablename = $2 order by 1'
      const { rows } = await client.query(sql, [schema, table])
      expect(rows.map(({ indexname }: { indexname: string }) => indexname)).toEqual([
        'sessions_expires_at_idx',
        'sessions_pkey',
        'sessions_subject_idx',
      ])
      await store.close()
      await client.end()
    })

    it('as on its page', () => {
      expect(pageOf('postgres')).toContain(postgresTableSql())
    })
  })

  const mariadb = service('mariadb')
  describe.skipIf(!mariadb.available)('MySQL and MariaDB', () => {
    it('with their indexes', async () => {
      const database = await createDatabase('mariadb', mariadb.url)
      const client = await createConnection(database.url)
      for (const _ of [1, 2]) await client.query(mysqlTableSql())
      const store = mysqlStore({ url: database.url, initTable: false })
      await isUsable(store)
      const [rows] = await client.query('show index from sessions')
      const names = (rows as { Key_name: string }[]).map(({ Key_name }) => Key_name)
      expect(names.toSorted()).toEqual(['PRIMARY', 'sessions_expires_at_idx', 'sessions_subject_idx'])
      await store.close()
      await client.end()
      await database.drop()
    })

    it('as on its page', () => {
      expect(pageOf('mysql')).toContain(mysqlTableSql())
    })
  })
})
