import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSettledStore } from '../../../src/session/store/settled-store.js'
import { mongodbStore } from '../../../src/stores/mongodb.js'
import type { Revision, SessionStore, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { startMongodb } from '../../services/mongodb.mjs'
import type { Server } from '../../services/process.mjs'
import { service } from '../../services/service.js'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'
import { expectFourToCount } from '../../support/count-together.js'
import { storeProcesses } from '../../support/store-process.js'

const mongodb = service('mongodb')
const key = (text: string) => text as StoreKey
const record = (content: string): StoredRecord => ({
  bytes: Buffer.from(content),
  revision: randomUUID() as Revision,
  expiresAt: Date.now() + 3_600_000,
})
const textOf = (found: StoredRecord | undefined) => found && Buffer.from(found.bytes).toString()

describe.skipIf(!mongodb.startable)(`mongodbStore on a ${mongodb.version} that fails`, { timeout: 300_000 }, () => {
  let server: Server
  let proxy: TcpProxy
  const open: SessionStore[] = []
  const opened = (url: string) => {
    const store = mongodbStore({ url, database: 'app' })
    open.push(store)
    return store
  }
  // A client that asks who else is in the replica set would go around the proxy.
  const throughProxy = (options = '') =>
    proxy.through(`mongodb://127.0.0.1:${server.port}/?directConnection=true${options}`)

  beforeAll(async () => {
    server = await startMongodb()
    proxy = await tcpProxy(server.url)
  })
  afterAll(async () => {
    for (const store of open) await store.close?.()
    await proxy.close()
    await server.stop()
  })

  it('4 processes of 250 increments each add up to 1000', async () => {
    const url = server.url.replace('/?', '/counted?')
    const store = mongodbStore({ url })
    open.push(store)
    await expectFourToCount(storeProcesses('mongodb', { url }), store)
  })

  it('100 parallel takes over four connections have one winner', async () => {
    const stores = Array.from({ length: 4 }, () => opened(server.url))
    for (let round = 0; round < 5; round++) {
      const place = key(`take:${round}`)
      const first = record('full')
      await stores[0]?.create(place, first)
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => stores[i % 4]?.update(place, record('empty'), first.revision)),
      )
      expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'conflict')).toHaveLength(99)
    }
  })

  it('kill -9 and restart under load lose no acknowledged write and bring no destroyed record back', async () => {
    const stores = [opened(server.url), opened(server.url)]
    const created: StoreKey[] = []
    const destroyed: StoreKey[] = []
    const counts = new Map<StoreKey, number>()
    let [failures, stop] = [0, false]
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const store = stores[writer % 2] ?? assert.fail('two stores')
      const counter = key(`count:${writer}`)
      let last = record('0')
      await store.create(counter, last)
      counts.set(counter, 0)
      for (let i = 1; !stop; i++) {
        const place = key(`made:${writer}:${i}`)
        try {
          if ((await store.create(place, record(place))) === 'ok') created.push(place)
          const next = record(String(i))
          if ((await store.update(counter, next, last.revision)) === 'ok') {
            counts.set(counter, i)
            last = next
          } else last = (await store.read(counter)) ?? assert.fail('the counter is there')
          if (i % 3 === 0 && (await store.destroy(place)) === 'ok') destroyed.push(place)
        } catch {
          failures++
          await sleep(20)
          last = (await store.read(counter).catch(() => undefined)) ?? last
        }
      }
    })
    for (let round = 0; round < 3; round++) {
      const before = created.length
      while (created.length < before + 50) await sleep(5)
      await server.kill()
      await sleep(100)
      await server.restart()
    }
    const before = created.length
    while (created.length < before + 50) await sleep(5)
    stop = true
    await Promise.all(writers)

    const store = opened(server.url)
    const gone = new Set<string>(destroyed)
    const missing: StoreKey[] = []
    // One that the client could not see destroyed may be gone as well: every third of a writer is on its way there.
    const certain = created.filter((place) => Number(place.split(':')[2]) % 3 !== 0)
    for (const place of certain) if (textOf(await store.read(place)) !== place) missing.push(place)
    expect(missing).toEqual([])
    const back: string[] = []
    for await (const { key: place } of store.scan('made:')) if (gone.has(place)) back.push(place)
    expect(back).toEqual([])
    for (const [counter, acknowledged] of counts) {
      expect(Number(textOf(await store.read(counter)))).toBeGreaterThanOrEqual(acknowledged)
    }
    expect(destroyed.length).toBeGreaterThan(10)
    console.log(
      `3 kills: ${certain.length} creates kept, ${destroyed.length} destroyed stayed so, ${failures} calls failed`,
    )
  })

  it('a connection cut after the server took the request: the driver asks again, and it happens once', async () => {
    const store = opened(throughProxy())
    const first = record('first')
    expect(await store.create(key('cut:warm'), first)).toBe('ok')
    for (const name of ['cut:create', 'cut:update', 'cut:touch', 'cut:destroy'] as const) {
      const place = key(name)
      const old = record('old')
      if (name !== 'cut:create') await store.create(place, old)
      const lost = proxy.loseAnswer(name)
      const call = {
        'cut:create': () => store.create(place, record('new')),
        'cut:update': () => store.update(place, record('new'), old.revision),
        'cut:touch': () => store.touch(place, old.expiresAt + 1, old.revision),
        'cut:destroy': () => store.destroy(place, old.revision),
      }[name]
      expect(await call()).toBe('ok')
      await lost
      const found = await store.read(place)
      if (name === 'cut:destroy') expect(found).toBeUndefined()
      else if (name === 'cut:touch') expect(found?.expiresAt).toBe(old.expiresAt + 1)
      else expect(textOf(found)).toBe('new')
    }
  })

  it('the same with retries off: the caller learns by reading that its write was done', async () => {
    const backend = createSettledStore(opened(throughProxy('&retryWrites=false')), 'app', 5000)
    const old = record('old')
    await backend.create(key('lost'), old)
    const lost = proxy.loseAnswer('lost')
    expect(await backend.update(key('lost'), record('new'), old.revision)).toBe('ok')
    await lost
    expect(textOf(await backend.read(key('lost')))).toBe('new')
  })

  it('a server that stays silent: every call ends, and works again when the server does (J6)', async () => {
    const store = opened(server.url)
    const backend = createSettledStore(store, 'app', 300)
    const bounded = opened(`${server.url}&socketTimeoutMS=300&waitQueueTimeoutMS=300`)
    const old = record('old')
    await backend.create(key('silent'), old)
    await bounded.read(key('silent'))
    server.pause()
    try {
      const calls = [
        () => backend.read(key('silent')),
        () => backend.touch(key('silent'), old.expiresAt, old.revision),
        () => backend.update(key('silent'), record('new'), old.revision),
      ]
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE_TIMEOUT' })
      const controller = new AbortController()
      const given = store.read(key('silent'), { signal: controller.signal })
      controller.abort()
      // M083: the driver gives up an aborted read, also one that waits for a connection.
      await expect(given).rejects.toMatchObject({ name: 'AbortError' })
      await expect(bounded.read(key('silent'))).rejects.toMatchObject({
        code: 'ERR_SESSION_STORE',
        message: expect.stringMatching(`127\\.0\\.0\\.1:${server.port}.*no answer`),
      })
    } finally {
      server.resume()
    }
    await expect.poll(() => backend.read(key('silent')).then(textOf), { timeout: 60_000 }).toMatch(/^(old|new)$/)
  })

  it('a server that is gone and comes back: the same store works again', async () => {
    const store = opened(`${server.url}&serverSelectionTimeoutMS=300`)
    const old = record('old')
    await store.create(key('down'), old)
    await server.kill()
    await expect(store.read(key('down'))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringContaining(`127.0.0.1:${server.port} cannot be reached`),
    })
    await server.restart()
    await expect.poll(() => store.read(key('down')).then(textOf, () => 'failed'), { timeout: 60_000 }).toBe('old')
  })
})
