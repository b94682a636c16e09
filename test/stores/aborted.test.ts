import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage } from 'unstorage'
import { describe, expect, it } from 'vitest'
import { fileStore } from '../../src/stores/file.js'
import { lmdbStore } from '../../src/stores/lmdb.js'
import { openOnce } from '../../src/stores/open-once.js'
import type { Revision, SessionStore, StoreKey } from '../../src/stores/port.js'
import { sqliteStore } from '../../src/stores/sqlite.js'
import { unstorageStore } from '../../src/stores/unstorage.js'

const stores: Readonly<Record<string, (folder: string) => SessionStore>> = {
  file: (folder) => fileStore({ folder: join(folder, 'sessions') }),
  sqlite: (folder) => sqliteStore({ url: `file:${join(folder, 'sessions.db')}` }),
  lmdb: (folder) => lmdbStore({ path: join(folder, 'sessions') }),
  unstorage: () => unstorageStore({ storage: createStorage() }),
}

const key = 'session:a' as StoreKey
const record = (text: string) => ({
  bytes: new TextEncoder().encode(text),
  revision: text as Revision,
  expiresAt: Date.now() + 1e8,
})

describe.each(Object.entries(stores))('M083: a call to %s that is aborted while it waits', (_name, open) => {
  async function withStore(run: (store: SessionStore) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'aborted-'))
    const store = open(folder)
    try {
      await run(store)
    } finally {
      await store.close?.()
      await rm(folder, { recursive: true })
    }
  }

  it('for its turn is never carried out', () =>
    withStore(async (store) => {
      await store.create(key, record('#1'))
      const controller = new AbortController()
      const first = store.update(key, record('#2'), '#1' as Revision)
      const late = [
        store.update(key, record('#3'), '#2' as Revision, controller),
        store.touch(key, 1, '#2' as Revision, controller),
        store.destroy(key, undefined, controller),
      ]
      controller.abort()
      expect(await Promise.allSettled(late)).toEqual(
        Array.from(late, () => ({ status: 'rejected', reason: expect.objectContaining({ name: 'AbortError' }) })),
      )
      expect(await first).toBe('ok')
      expect(await store.read(key)).toMatchObject({ revision: '#2' })
    }))

  it('for the store to open is never carried out', () =>
    withStore(async (store) => {
      const controller = new AbortController()
      const late = store.create(key, record('#1'), controller)
      controller.abort()
      await expect(late).rejects.toMatchObject({ name: 'AbortError' })
      expect(await store.read(key)).toBeUndefined()
    }))
})

describe('openOnce', () => {
  it('M083: hands no connection to a call that was aborted while it was opened, and keeps it for the next', async () => {
    let opened = 0
    const connection = openOnce(
      'aStore',
      async () => ++opened,
      () => {},
    )
    const controller = new AbortController()
    const late = connection.get(controller.signal)
    controller.abort()
    await expect(late).rejects.toBe(controller.signal.reason)
    expect(await connection.get(undefined)).toBe(1)
  })
})
