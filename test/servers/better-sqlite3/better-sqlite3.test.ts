import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Revision, StoreKey } from '../../../src/stores/port.js'
import { type SqliteDatabase, sqliteStore } from '../../../src/stores/sqlite.js'
import { storeLaws } from '../../../src/testing/store-laws.js'
import { makeFolder, removeFolder } from '../../services/process.mjs'
import { betterSqlite3 } from '../../services/service.js'
import { variantIt } from '../../support/long.js'

/** What these tests use of the library. */
interface Client {
  close(): unknown
  exec(statement: string): unknown
  prepare(statement: string): { get(): unknown }
}

const library = betterSqlite3()
const open: (path: string, file: string) => Promise<{ db: SqliteDatabase; client: Client }> = (
  await import(new URL('store.mjs', import.meta.url).href)
).openDatabase

const versions = library.available ? await describeLibrary() : `no better-sqlite3 (${library.reason})`
const folder = makeFolder('better-sqlite3')
afterAll(() => removeFolder(folder))
let files = 0
const newFile = () => join(folder, `db${files++}.sqlite`)
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

describe.skipIf(!library.available)(`sqliteStore({ db }) keeps the laws on ${versions}`, () => {
  storeLaws(variantIt(slowIt), async () => {
    const file = newFile()
    const first = await open(library.path, file)
    const clients = [first.client]
    const store = sqliteStore({ db: first.db, initTable: true })
    // The table must be there before a second connection, which does not create it, comes.
    await store.read('none' as StoreKey)
    const again = async () => {
      const other = await open(library.path, file)
      clients.push(other.client)
      return sqliteStore({ db: other.db })
    }
    return {
      store,
      second: again,
      reopen: async () => {
        first.client.close()
        return again()
      },
      processes: { module: new URL('store.mjs', import.meta.url), args: [library.path, file] },
      dispose: async () => {
        for (const client of clients) client.close()
      },
    }
  })
})

describe.skipIf(!library.available)(`sqliteStore({ db }) on ${versions}`, () => {
  it('never closes the database, and hands out plain bytes with a buffer of their own', async () => {
    const { db, client } = await open(library.path, newFile())
    const store = sqliteStore({ db, initTable: true })
    const key = 'a' as StoreKey
    await store.create(key, { bytes: Buffer.from('abc'), revision: 'v' as Revision, expiresAt: 9e12 })
    const bytes = (await store.read(key))?.bytes
    expect([bytes?.constructor, bytes?.buffer.byteLength]).toEqual([Uint8Array, 3])
    await store.close()
    expect(client.prepare('select count(*) as count from sessions').get()).toEqual({ count: 1 })
    client.close()
  })
})

async function describeLibrary(): Promise<string> {
  const { version } = createRequire(import.meta.url)(join(dirname(library.path), '../package.json')) as {
    version: string
  }
  const { client } = await open(library.path, ':memory:')
  const row = client.prepare('select sqlite_version() as sqlite').get() as { sqlite: string }
  client.close()
  return `better-sqlite3 ${version}, SQLite ${row.sqlite}`
}
