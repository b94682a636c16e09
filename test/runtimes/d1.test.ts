import { drizzle } from 'drizzle-orm/d1'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Revision, StoreKey } from '../../src/stores/port.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { sqliteTableSql } from '../../src/stores/sqlite-table.js'
import { storeLaws } from '../../src/testing/store-laws.js'

type D1 = Parameters<typeof drizzle>[0]

describe('sqliteStore({ db }) on Cloudflare D1, which workerd runs', () => {
  let worker: Miniflare
  let database: D1
  let tables = 0
  beforeAll(async () => {
    worker = new Miniflare({ modules: true, script: 'export default {}', d1Databases: ['DB'] })
    database = (await worker.getD1Database('DB')) as unknown as D1
  }, 60_000)
  afterAll(() => worker?.dispose())

  const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 120_000)
  storeLaws(
    slowIt,
    async () => {
      const table = `sessions_${tables++}`
      // No connection is kept: every call is a request of its own, as from another Worker.
      const open = () => sqliteStore({ db: drizzle(database), table, initTable: true })
      return { store: open(), second: async () => open(), reopen: async () => open(), dispose: async () => undefined }
    },
    {
      exempt: [
        {
          reason: 'a database of Miniflare belongs to one process',
          laws: [
            'four processes of 250 increments by compare-and-set each add up to a thousand',
            'of a hundred parallel takes in four processes one gets the flash',
          ],
        },
      ],
    },
  )

  it('a table that is missing is said to be, and its SQL makes it', async () => {
    const store = sqliteStore({ db: drizzle(database), table: 'by_hand' })
    await expect(store.read('k' as StoreKey)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringContaining('by_hand'),
    })
    for (const statement of sqliteTableSql('by_hand').split(';\n').filter(Boolean)) {
      await database.prepare(statement).run()
    }
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
    await store.create('k' as StoreKey, { bytes, revision: 'one' as Revision, expiresAt: 9e15 })
    expect((await store.read('k' as StoreKey))?.bytes).toEqual(bytes)
  })
})
