import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { BetterSQLiteSession } from 'drizzle-orm/better-sqlite3/session'
import { drizzle } from 'drizzle-orm/libsql'
import { BaseSQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Revision, SessionStore, StoredRecord, StoreKey } from '../../src/stores/port.js'
import { type SqliteDatabase, sqliteStore } from '../../src/stores/sqlite.js'
import { type LawName, storeLaws } from '../../src/testing/store-laws.js'
import { variantIt } from '../support/long.js'
import { openStoreModule } from '../support/store-process.js'

const key = (text: string) => text as StoreKey
const record = (text: string): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: `revision-${text}` as Revision,
  expiresAt: 9e12,
})
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

let folder: string
let files = 0
const newFile = () => join(folder, `db${files++}.sqlite`)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zession-sqlite-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('sqliteStore({ url }) on a file keeps the laws', () => {
  storeLaws(slowIt, async () => {
    const url = `file:${newFile()}`
    const stores = [sqliteStore({ url })]
    const opened = () => {
      const store = sqliteStore({ url })
      stores.push(store)
      return store
    }
    return {
      store: stores[0] as SessionStore,
      second: async () => opened(),
      reopen: async () => {
        await stores[0]?.close()
        return opened()
      },
      processes: { module: openStoreModule, args: ['sqlite', JSON.stringify({ url })] },
      dispose: async () => {
        for (const store of stores) await store.close()
      },
    }
  })
})

const severalProcesses: LawName[] = [
  'four processes of 250 increments by compare-and-set each add up to a thousand',
  'of a hundred parallel takes in four processes one gets the flash',
]
const byUrl = { reason: 'other processes open the file by its url, as above', laws: severalProcesses }

const oneConnection: LawName[] = [
  ...severalProcesses,
  'of parallel updates on two connections exactly one is ok',
  'of parallel creates on two connections exactly one is ok',
  'a hundred parallel increments on two connections add up to a hundred',
  'no update or touch on one connection brings back what another destroyed',
  'what one connection acknowledged the other sees at once',
  'collectors on two connections delete each expired record once in total, each within its limit',
  'collectGarbage on one connection deletes nothing that a touch on another has just saved',
  'of parallel moves and updates on two connections exactly one is ok',
  'what is acknowledged before bySubject is called is met, across two connections',
  'a durable record survives closing and reopening',
]

describe('sqliteStore({ url: ":memory:" }) keeps the laws', () => {
  storeLaws(
    variantIt(slowIt),
    async () => {
      const store = sqliteStore({ url: ':memory:' })
      return { store, dispose: () => store.close() }
    },
    { exempt: [{ reason: 'an in-memory database is one connection and ends with it', laws: oneConnection }] },
  )

  it('and promises neither durable nor shared', () => {
    expect(sqliteStore({ url: ':memory:' }).guarantees).toMatchObject({ durable: false, shared: false })
    expect(sqliteStore({ url: 'file:x.db' }).guarantees).toMatchObject({ durable: true, shared: true })
  })
})

describe('sqliteStore({ db }) keeps the laws on a libsql client with its pool of connections', () => {
  const make = async () => {
    const url = `file:${newFile()}`
    const client = createClient({ url })
    const clients = [client]
    const store = sqliteStore({ db: drizzle(client), initTable: true })
    const again = async () => {
      const other = createClient({ url })
      clients.push(other)
      return sqliteStore({ db: drizzle(other) })
    }
    // The table must be there before a second connection, which does not create it, comes.
    await store.read(key('none'))
    return {
      store,
      second: again,
      reopen: again,
      dispose: async () => {
        for (const each of clients) each.close()
      },
    }
  }
  storeLaws(variantIt(slowIt), make, { exempt: [byUrl] })
})

/** A synchronous database, as Drizzle makes it for better-sqlite3, whose interface the libsql binding shares. */
function synchronousDb(path: string) {
  const libsqlClient = createRequire(import.meta.url).resolve('@libsql/client')
  const Database = createRequire(libsqlClient)('libsql')
  const client = new Database(path, { timeout: 5000 })
  const dialect = new SQLiteSyncDialect()
  const session = new BetterSQLiteSession(client, dialect, undefined, {})
  return { db: new BaseSQLiteDatabase('sync', dialect, session, undefined), client }
}

describe('sqliteStore({ db }) keeps the laws on a synchronous driver', () => {
  const make = async () => {
    const path = newFile()
    const first = synchronousDb(path)
    const clients = [first.client]
    first.client.exec('pragma journal_mode = wal')
    const store = sqliteStore({ db: first.db, initTable: true })
    await store.read(key('none'))
    const again = async () => {
      const other = synchronousDb(path)
      clients.push(other.client)
      return sqliteStore({ db: other.db })
    }
    return {
      store,
      second: again,
      reopen: again,
      dispose: async () => {
        for (const client of clients) client.close()
      },
    }
  }
  storeLaws(variantIt(slowIt), make, { exempt: [byUrl] })
})

describe('sqliteStore hands out bytes', () => {
  it('as plain arrays with a buffer of their own', async () => {
    const { db, client } = synchronousDb(':memory:')
    for (const store of [sqliteStore({ url: ':memory:' }), sqliteStore({ db, initTable: true })]) {
      await store.create(key('a'), record('abc'))
      const bytes = (await store.read(key('a')))?.bytes
      expect(bytes?.constructor).toBe(Uint8Array)
      expect(bytes?.buffer.byteLength).toBe(3)
    }
    client.close()
  })
})

// Compiles: the databases of both kinds fit the structural type.
void ((db: ReturnType<typeof drizzle>, sync: BaseSQLiteDatabase<'sync', unknown>): SqliteDatabase[] => [db, sync])
