import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../src/define.js'
import type { Revision, SessionStore, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { hasSubjectIndex } from '../../../src/stores/port.js'
import { redisStore } from '../../../src/stores/redis.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { makeFolder, type Server } from '../../services/process.mjs'
import { startRedis } from '../../services/redis.mjs'
import { startRedisCluster } from '../../services/redis-cluster.mjs'
import { startRedisSentinel } from '../../services/redis-sentinel.mjs'
import { runProcess } from '../../services/run-process.js'
import { service } from '../../services/service.js'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'
import { expectFourToCount } from '../../support/count-together.js'
import { copyPackageAlone } from '../../support/package-alone.js'
import { storeProcesses } from '../../support/store-process.js'

const available = service('redis').startable
const key = (text: string) => text as StoreKey
const newRevision = () => randomUUID() as Revision
const expiresAt = Date.now() + 86_400_000
const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: Buffer.from(text),
  revision: newRevision(),
  expiresAt,
  ...more,
})
const textOf = (found: StoredRecord | undefined) => Buffer.from(found?.bytes ?? []).toString()

describe.skipIf(!available)('several processes on one Redis', () => {
  let server: Server
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  it('4 processes of 250 increments each add up to 1000', { timeout: 120_000 }, async () => {
    const store = redisStore({ url: server.url })
    await expectFourToCount(storeProcesses('redis', { url: server.url }), store)
    await store.close()
  })

  it('of 100 parallel takes one wins, also when the server forgets the scripts in between', async () => {
    const stores = [1, 2, 3, 4].map(() => redisStore({ url: server.url }))
    const admin = new Redis(server.url)
    for (let round = 0; round < 20; round++) {
      const flash = record('flash')
      await stores[0]?.create(key(`flash:${round}`), flash)
      const takes = Array.from({ length: 100 }, async (_, i) => {
        if (i % 10 === 0) await admin.script('FLUSH')
        return stores[i % 4]?.update(key(`flash:${round}`), record('taken'), flash.revision)
      })
      expect((await Promise.all(takes)).filter((answer) => answer === 'ok')).toHaveLength(1)
    }
    for (const store of stores) await store.close()
    admin.disconnect()
  })

  it('kill -9 of the server under load loses no acknowledged record', { timeout: 120_000 }, async () => {
    const mine = await startRedis()
    const store = redisStore({ url: mine.url })
    try {
      const writer = storeProcesses('redis', { url: mine.url }).start('creates')
      for (let round = 1; round <= 5; round++) {
        await writer.reported(writer.messages.length + 200)
        await mine.kill()
        await sleep(50)
        await mine.restart()
      }
      await writer.reported(writer.messages.length + 400)
      process.kill(writer.pid, 'SIGTERM')
      const { errors, messages } = await writer.ended
      expect(errors).toBe('')
      const said = messages as { i: number; answer?: string; failed?: string }[]
      const acknowledged = said.filter(({ answer }) => answer === 'ok').map(({ i }) => `made:${i}`)
      const failed = said.filter((each) => each.failed !== undefined)
      expect(said.filter(({ answer }) => answer === 'exists')).toEqual([])
      expect(failed.length).toBeGreaterThan(0)
      expect(new Set(failed.map((each) => each.failed))).toEqual(new Set(['ERR_SESSION_STORE']))
      const stored = new Set<string>()
      for await (const found of store.bySubject('writer')) stored.add(found.key)
      console.log(`kill -9: ${acknowledged.length} acknowledged, ${failed.length} failed, ${stored.size} stored`)
      expect(acknowledged.filter((name) => !stored.has(name))).toEqual([])
    } finally {
      await store.close()
      await mine.stop()
    }
  })

  it('without the optional library the package imports, and the first call names the command', async () => {
    const alone = makeFolder('alone')
    await copyPackageAlone(alone)
    const script = join(alone, 'ask.mjs')
    const { writeFile } = await import('node:fs/promises')
    await writeFile(
      script,
      `const { redisStore } = await import(${JSON.stringify(pathToFileURL(join(alone, 'stores/redis.js')).href)})
       redisStore({ url: 'redis://localhost' }).read('k').catch(({ code, message }) => console.log(JSON.stringify([code, message])))`,
    )
    const { messages } = await runProcess(script).ended
    expect(messages).toEqual([
      ['ERR_SESSION_MISSING_LIBRARY', expect.stringMatching(/redisStore.*npm install ioredis@6$/)],
    ])
    await rm(alone, { recursive: true })
  })
})

describe.skipIf(!available)('a network that loses answers', () => {
  let server: Server
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await startRedis({ durable: false })
    proxy = await tcpProxy(server.url)
    // So that the server knows every script: what is lost must be the answer to the call, not the news that it does not.
    const store = redisStore({ url: server.url })
    const warm = record('warm', { subject: 'warm' })
    await store.create(key('warm'), warm)
    await store.update(key('warm'), warm, warm.revision)
    await store.touch(key('warm'), expiresAt, warm.revision)
    await store.move?.(key('warm'), key('warm2'), warm, warm.revision)
    await store.close()
  })
  afterEach(() => proxy?.heal())
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
  })

  it('a connection cut before the answer fails the call at once, and the next call connects anew', async () => {
    const store = redisStore({ url: proxy.through(server.url) })
    const one = record('one')
    await store.create(key('lost'), one)
    const two = record('two')
    const lost = proxy.loseAnswer('lost')
    await expect(store.update(key('lost'), two, one.revision)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    await lost
    // Applied once: the command was not sent again.
    await expect.poll(() => store.read(key('lost')).catch(() => undefined)).toMatchObject({ revision: two.revision })
    expect(await store.update(key('lost'), record('three'), two.revision)).toBe('ok')
    await store.close()
  })

  it('a client that sends a command again is told what the first one did', async () => {
    // The default of ioredis: unanswered commands are sent again on the next connection.
    const client = new Redis(proxy.through(server.url))
    client.on('error', () => undefined)
    const store = redisStore({ client })
    const losing = async (call: () => Promise<unknown>) => {
      const lost = proxy.loseAnswer('resent')
      const answer = await call()
      await lost
      return answer
    }
    const one = record('one', { subject: 'ann' })
    const two = record('two', { subject: 'ann' })
    const three = record('three', { subject: 'ann' })
    expect(await losing(() => store.create(key('resent'), one))).toBe('ok')
    expect(await losing(() => store.update(key('resent'), two, one.revision))).toBe('ok')
    expect(await losing(() => store.touch(key('resent'), expiresAt + 1, two.revision))).toBe('ok')
    expect(
      await losing(() => store.move?.(key('resent'), key('resent2'), three, two.revision) ?? Promise.reject()),
    ).toBe('ok')
    // A second call with the same arguments is another thing.
    expect(await store.create(key('resent2'), three)).toBe('exists')
    expect(await store.update(key('resent2'), three, two.revision)).toBe('conflict')
    expect(await store.move?.(key('resent'), key('resent2'), three, two.revision)).toBe('gone')
    client.disconnect()
  })

  it('node-redis sends no command again whose answer it lost, and goes on over a new connection', async () => {
    const client = createClient({ url: proxy.through(server.url) })
    client.on('error', () => undefined)
    await client.connect()
    const store = redisStore({ client })
    const [one, two] = [record('one'), record('two')]
    await store.create(key('node-redis'), one)
    const lost = proxy.loseAnswer('node-redis')
    await expect(store.update(key('node-redis'), two, one.revision)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringMatching(/cannot be reached, or the connection to it was lost/),
    })
    await lost
    expect(await store.read(key('node-redis'))).toMatchObject({ revision: two.revision })
    expect(await store.update(key('node-redis'), record('three'), two.revision)).toBe('ok')
    client.destroy()
  })

  it('node-redis never sends a command whose time has passed while it waited for a connection', async () => {
    const client = createClient({ url: proxy.through(server.url) })
    client.on('error', () => undefined)
    await client.connect()
    const store = redisStore({ client })
    const one = record('one')
    await store.create(key('waited'), one)
    // A connection that takes longer than the call may.
    proxy.delay(500)
    proxy.cut()
    await expect.poll(() => client.isReady).toBe(false)
    const waited = store.update(key('waited'), record('two'), one.revision, { signal: AbortSignal.timeout(200) })
    await expect(waited).rejects.toThrow()
    proxy.delay(0)
    await expect.poll(() => store.read(key('waited')).catch(() => undefined)).toMatchObject({ revision: one.revision })
    await sleep(300)
    expect(await store.read(key('waited'))).toMatchObject({ revision: one.revision })
    client.destroy()
  })

  it('node-redis: a client that is closed, or was never connected, is a failure of the store that says where', async () => {
    const client = createClient({ url: server.url })
    const { port } = new URL(server.url)
    const failure = { code: 'ERR_SESSION_STORE', message: expect.stringContaining(`:${port} cannot be reached`) }
    await expect(redisStore({ client }).read(key('closed'))).rejects.toMatchObject(failure)
    await client.connect()
    client.destroy()
    await expect(redisStore({ client }).create(key('closed'), record('x'))).rejects.toMatchObject(failure)
    const cluster = createCluster({ rootNodes: [{ url: server.url }] })
    await expect(redisStore({ client: cluster }).read(key('closed'))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringContaining('await cluster.connect()'),
    })
  })

  it('sessions add up although every third answer is lost', { timeout: 120_000 }, async () => {
    const store = redisStore({ url: proxy.through(server.url) })
    const counter = defineSession(z.object({ n: z.number().default(0) }), { store, cookie: { secure: false } })
    const visitor = createTestClient(counter)
    await visitor.request((session) => session.set('n', 0))
    let [acknowledged, failed] = [0, 0]
    for (let i = 0; i < 30; i++) {
      if (i % 3 === 0) void proxy.loseAnswer('evalsha')
      await visitor
        .request((session) => session.update('n', (n) => n + 1))
        .then(
          () => acknowledged++,
          () => failed++,
        )
    }
    await proxy.heal()
    await expect
      .poll(() =>
        store.read(key('none')).then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('up')
    const { value } = await visitor.request((session) => session.get('n'))
    console.log(`lost answers: ${acknowledged} acknowledged, ${failed} failed, ${value} counted`)
    expect(value).toBeGreaterThanOrEqual(acknowledged)
    expect(value).toBeLessThanOrEqual(acknowledged + failed)
    await counter.close()
  })

  it('J6: a server that answers nothing is bounded by storeTimeout, on read and on write', async () => {
    const slow = await startRedis({ durable: false })
    const store = redisStore({ url: slow.url })
    const app = defineSession(z.object({ n: z.number().optional() }), {
      store,
      storeTimeout: 200,
      cookie: { secure: false },
    })
    const visitor = createTestClient(app)
    await visitor.request((session) => session.set('n', 1))
    const { cookie } = visitor
    slow.pause()
    try {
      // It ends while the server stands still: nothing else could end it.
      await expect(visitor.request((session) => session.get('n'))).rejects.toMatchObject({
        code: 'ERR_SESSION_STORE_TIMEOUT',
      })
      expect(visitor.cookie).toBe(cookie)
      await expect(createTestClient(app).request((session) => session.set('n', 2))).rejects.toMatchObject({
        code: 'ERR_SESSION_STORE_TIMEOUT',
      })
    } finally {
      slow.resume()
    }
    expect((await visitor.request((session) => session.get('n'))).value).toBe(1)
    slow.pause()
    // close waits for the commands under way, but not for ever.
    await store.close()
    slow.resume()
    await slow.stop()
  })
})

/** Writes until it is stopped: increments by compare-and-set, and records with a subject. Outcomes that stay unknown count as failed. */
function load(store: SessionStore, tag = 'first') {
  const acknowledged: string[] = []
  let [running, counted, failed] = [true, 0, 0]
  const increment = async () => {
    const found = await store.read(key('counter'))
    assert.ok(found, 'the counter is there')
    const change = { bytes: Buffer.from(`${Number(textOf(found)) + 1}`), revision: newRevision(), expiresAt }
    if ((await store.update(key('counter'), change, found.revision)) === 'ok') counted++
  }
  const worker = async (name: number) => {
    // A client that is offline may refuse at once, and a loop of refusals alone would let nothing else run.
    for (let i = 0; running; i++, await setImmediate()) {
      const made = `made:${tag}:${name}:${i}`
      await Promise.all([
        increment().catch(() => failed++),
        store.create(key(made), record(made, { subject: `writer${name}` })).then(
          (answer) => answer === 'ok' && acknowledged.push(made),
          () => failed++,
        ),
      ])
    }
  }
  const workers = [1, 2, 3].map(worker)
  return {
    acknowledged,
    get counted() {
      return counted
    },
    get failed() {
      return failed
    },
    async moreOf(count: number) {
      const [wanted, counter] = [acknowledged.length + count, counted + count / 4]
      await expect
        .poll(() => acknowledged.length >= wanted && counted >= counter, { timeout: 30_000, interval: 10 })
        .toBe(true)
    },
    async stop() {
      running = false
      await Promise.all(workers)
    },
  }
}

/** What is stored now, by key and by subject. */
async function lossesOf(store: SessionStore, acknowledged: readonly string[]) {
  assert.ok(hasSubjectIndex(store))
  const found = await Promise.all(acknowledged.map((name) => store.read(key(name))))
  const indexed = new Set<string>()
  for (const name of [1, 2, 3]) for await (const each of store.bySubject(`writer${name}`)) indexed.add(each.key)
  return {
    records: acknowledged.filter((_, i) => found[i] === undefined),
    members: acknowledged.filter((name) => !indexed.has(name)),
    counter: Number(textOf(await store.read(key('counter')))),
  }
}

/** A cluster's client by each library, and its end. */
const clusterClients = {
  ioredis: async (url: string) => {
    const client = new Cluster([url])
    return { client, end: () => client.disconnect() }
  },
  'node-redis 5': async (url: string) => {
    const client = createCluster({ rootNodes: [{ url }], defaults: { disableOfflineQueue: true } })
    client.on('error', () => undefined)
    await client.connect()
    return { client, end: () => client.destroy() }
  },
}

describe.skipIf(!available).each(Object.entries(clusterClients))(
  'a Redis Cluster that changes under load, by %s',
  (_, connect) => {
    it('loses no acknowledged write in a failover, a slot on the move, and the death of a master', {
      timeout: 120_000,
    }, async () => {
      const cluster = await startRedisCluster()
      const { client, end } = await connect(cluster.url)
      const store = redisStore({ client })
      try {
        await store.create(key('counter'), record('0'))
        const slot = await cluster.slotOf('zession:r:counter')
        const writers = load(store)
        await writers.moreOf(200)
        await cluster.failover(slot)
        await writers.moreOf(200)
        const move = await cluster.startMove(slot)
        await writers.moreOf(100)
        await move.finish()
        await writers.moreOf(100)
        const calm = { ...(await quiet(writers, store)) }
        // Of what the master acknowledges between WAIT and its death Redis itself may lose some.
        const [before, countedBefore] = [writers.acknowledged.length, writers.counted]
        const late = load(store, 'late')
        const dying = cluster.killMaster(slot)
        await dying
        await late.moreOf(100)
        await late.stop()
        const after = await lossesOf(store, [...writers.acknowledged])
        const lateLosses = await lossesOf(store, late.acknowledged)
        console.log(
          `cluster: ${before} records and ${countedBefore} increments acknowledged before the kill, ${writers.failed} failed, lost ${after.records.length} and ${after.members.length} members; ` +
            `${late.acknowledged.length} and ${late.counted} around it, ${late.failed} failed, lost ${lateLosses.records.length}`,
        )
        expect(calm).toEqual({ records: [], members: [], counter: countedBefore })
        expect(after).toMatchObject({ records: [], members: [] })
        expect(after.counter).toBeGreaterThanOrEqual(countedBefore)
        expect(after.counter).toBeLessThanOrEqual(countedBefore + late.counted + late.failed)
        const scanned = new Set<string>()
        for await (const found of store.scan('made:')) scanned.add(found.key)
        expect(writers.acknowledged.filter((name) => !scanned.has(name))).toEqual([])
      } finally {
        end()
        await cluster.stop()
      }
    })
  },
)

async function quiet(writers: ReturnType<typeof load>, store: SessionStore) {
  await writers.stop()
  return lossesOf(store, writers.acknowledged)
}

describe.skipIf(!available)('a master that Sentinels replace', () => {
  it('loses no write that its replicas had, and the store goes on', { timeout: 120_000 }, async () => {
    const group = await startRedisSentinel()
    const client = new Redis({ sentinels: [...group.sentinels], name: group.name })
    client.on('error', () => undefined)
    const store = redisStore({ client })
    try {
      await store.create(key('counter'), record('0'))
      const writers = load(store)
      await writers.moreOf(200)
      const calm = await quiet(writers, store)
      expect(calm).toEqual({ records: [], members: [], counter: writers.counted })
      const late = load(store, 'late')
      const dead = await group.killMaster()
      await late.moreOf(200)
      await late.stop()
      const after = await lossesOf(store, writers.acknowledged)
      const lateLosses = await lossesOf(store, late.acknowledged)
      console.log(
        `sentinel: ${writers.acknowledged.length} records acknowledged before the kill, lost ${after.records.length}; ` +
          `${late.acknowledged.length} around it, ${late.failed} failed, lost ${lateLosses.records.length}`,
      )
      expect(after).toMatchObject({ records: [], members: [] })
      expect(after.counter).toBeGreaterThanOrEqual(writers.counted)
      expect(after.counter).toBeLessThanOrEqual(writers.counted + late.counted + late.failed)
      await group.revive(dead)
    } finally {
      client.disconnect()
      await group.stop()
    }
  })
})
