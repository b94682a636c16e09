import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../src/index.js'
import { fileStore } from '../../../src/stores/file.js'
import { lmdbStore } from '../../../src/stores/lmdb.js'
import type { SessionStore } from '../../../src/stores/port.js'
import { sqliteStore } from '../../../src/stores/sqlite.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const schema = z.object({ userId: z.number().optional() })
const flash = z.object({ simple: z.string() })

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zession-go-'))
})
afterAll(() => rm(root, { recursive: true }))

const embedded: Record<string, () => SessionStore> = {
  memory: () => memoryStore(),
  file: () => fileStore({ folder: join(root, 'file'), durable: false }),
  sqlite: () => sqliteStore({ url: `file:${join(root, 'sessions.db')}` }),
  lmdb: () => lmdbStore({ path: join(root, 'lmdb') }),
}

describe.each(Object.entries(embedded))('the %s store behind the same app', (_, makeStore) => {
  // M096 and M097 (Badger, BoltDB) are embedded key-value stores: LMDB is ours.
  it('M085 M088 M089 M092 M096 M097 M101 M113 set, get, clear, flash, logout; closed, it says so', async () => {
    const definition = defineSession(schema, { flash, store: makeStore })
    const client = createTestClient(definition)
    await client.request((s) => s.set('userId', 123))
    expect((await client.request((s) => s.get('userId'))).value).toBe(123)
    await client.request((s) => {
      s.delete('userId')
      s.flash.set('simple', 'This is a flash message')
    })
    expect((await client.request((s) => s.get('userId'))).value).toBeUndefined()
    expect((await client.request((s) => s.flash.take('simple'))).value).toBe('This is a flash message')
    const { cookie } = client
    await client.request((s) => s.destroy())
    expect((await client.request((s) => s.isNew, { cookie })).value).toBe(true)
    await definition.close()
  })
})

describe('stores', () => {
  it('M098 a store that cannot end a session at once, as a cookie cannot, is refused', async () => {
    const store = {
      ...memoryStore(),
      guarantees: { atomicUpdate: true, durable: true, shared: true, revocable: false },
    }
    await expect(
      createTestClient(defineSession(schema, { store })).request((s) => s.set('userId', 1)),
    ).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })

  it('M086 an option that makes no sense is refused by name when the store or session is made', () => {
    expect(() => defineSession(schema, { storeTimeout: 0 })).toThrow(/`storeTimeout`/)
    expect(() => memoryStore({ maxEntries: 0 })).toThrow(/maxEntries/)
  })

  it('M099 M100 a connection of your own: a table of any name, made only when asked for, and still open after close', async () => {
    const { drizzle } = await import('drizzle-orm/libsql')
    const db = drizzle({ connection: { url: `file:${join(root, 'own.db')}` } })
    const without = defineSession(schema, { store: sqliteStore({ db, table: 'cache' }) })
    await expect(createTestClient(without).request((s) => s.set('userId', 1))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    })
    const definition = defineSession(schema, { store: sqliteStore({ db, table: 'cache', initTable: true }) })
    await createTestClient(definition).request((s) => s.set('userId', 1))
    await definition.close()
    expect(
      await db.all("select name from sqlite_master where type = 'table' and name in ('cache', 'sessions')"),
    ).toMatchObject([{ name: 'cache' }])
  })

  it('M102 a store is one object with five methods: yours counts as much as ours', async () => {
    const { read, create, update, touch, destroy, guarantees } = memoryStore()
    const client = createTestClient(
      defineSession(schema, { store: { read, create, update, touch, destroy, guarantees } }),
    )
    await client.request((s) => s.set('userId', 1))
    await client.request((s) => s.regenerate())
    expect((await client.request((s) => s.get('userId'))).value).toBe(1)
  })
})
