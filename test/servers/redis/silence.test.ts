import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Revision, StoreKey } from '../../../src/stores/port.js'
import { redisStore } from '../../../src/stores/redis.js'
import { fullServer } from '../../services/full-server.js'
import type { Server } from '../../services/process.mjs'
import { askRedis, startRedis } from '../../services/redis.mjs'
import { type RedisCluster, startRedisCluster } from '../../services/redis-cluster.mjs'
import { type RedisSentinel, startRedisSentinel } from '../../services/redis-sentinel.mjs'
import { service } from '../../services/service.js'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'
import { recovers, storeTimeout } from '../silence.js'

const available = service('redis').startable
const key = (text: string) => text as StoreKey
const record = (text: string) => ({
  bytes: Buffer.from(text),
  revision: text as Revision,
  expiresAt: Date.now() + 86_400_000,
})

/** What docs/stores/redis.md says for a client of one's own. */
const settings = { socketTimeout: storeTimeout, maxRetriesPerRequest: 0 }

describe.skipIf(!available)('a connection of redisStore({ url }) that gives no answer is given up', () => {
  let server: Server
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await startRedis({ durable: false })
  })
  beforeEach(async () => {
    proxy = await tcpProxy(server.url)
  })
  afterEach(() => proxy?.close())
  afterAll(() => server?.stop())

  it.each([1, 50])('when it goes silent with %i requests in flight', { timeout: 300_000 }, async (burst) => {
    const store = redisStore({ url: proxy.through(server.url) })
    await recovers(store, () => proxy.silence(), burst)
    await store.close()
  })

  it('when a server accepts it and never speaks, as soon as another would', { timeout: 300_000 }, async () => {
    const store = redisStore({ url: proxy.through(server.url) })
    const broken = async () => {
      proxy.mute()
      proxy.cut()
      await sleep(300)
      await proxy.heal()
    }
    await recovers(store, () => void broken(), 5)
    await store.close()
  })

  it('when it cannot be opened, and nobody says so', { timeout: 300_000 }, async () => {
    const hanging = await fullServer()
    const store = redisStore({ url: `redis://127.0.0.1:${hanging.port}` })
    const outcomes = await Promise.allSettled(
      [0, 1, 2].map(async (i) => {
        await sleep(i * 700)
        return store.read(key('a'), { signal: AbortSignal.timeout(600) })
      }),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(outcomes[0]).toMatchObject({ reason: { message: expect.stringContaining(`127.0.0.1:${hanging.port}`) } })
    await store.close()
    await hanging.stop()
  })

  it('and what was sent over it, or waited for one, is not carried out later', async () => {
    const store = redisStore({ url: proxy.through(server.url) })
    await store.create(key('late'), record('one'))
    proxy.silence()
    const sent = store.update(key('late'), record('two'), 'one' as Revision, { signal: AbortSignal.timeout(300) })
    await expect(sent).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${proxy.port} .*no answer`)),
    })
    // A connection that takes longer than the call may.
    proxy.delay(500)
    proxy.cut()
    const waited = store.update(key('late'), record('three'), 'one' as Revision, { signal: AbortSignal.timeout(200) })
    await expect(waited).rejects.toThrow()
    proxy.delay(0)
    await sleep(500)
    expect(await store.read(key('late'))).toMatchObject({ revision: 'one' })
    await store.close()
  })

  it('but one whose server is only slow, or whose call was left by its caller, is kept', async () => {
    const store = redisStore({ url: proxy.through(server.url) })
    await store.create(key('slow'), record('one'))
    const before = await connectionsOf(server.url)
    const left = new AbortController()
    const reading = store.read(key('slow'), { signal: left.signal })
    left.abort()
    await reading
    // What is asked while an answer is awaited leaves after it: many come too late, and none without an answer in its time.
    proxy.delay(300)
    const answers = Array.from({ length: 20 }, async (_, i) => {
      await sleep(i * 100)
      return store.read(key('slow'), i < 4 ? {} : { signal: AbortSignal.timeout(500) })
    })
    expect((await Promise.all(answers)).map((found) => found?.revision)).toEqual(Array(20).fill('one'))
    proxy.delay(0)
    expect(await connectionsOf(server.url)).toEqual(before)
    await store.close()
  })
})

describe.skipIf(!available)(
  'a client of the user goes on after a silent connection, with the documented settings',
  () => {
    let server: Server
    let proxy: TcpProxy
    beforeAll(async () => {
      server = await startRedis({ durable: false })
      proxy = await tcpProxy(server.url)
    })
    afterAll(async () => {
      await proxy?.close()
      await server?.stop()
    })

    it.each([1, 50])('one server, %i requests in flight', { timeout: 300_000 }, async (burst) => {
      const client = new Redis(proxy.through(server.url), settings)
      client.on('error', () => undefined)
      await recovers(redisStore({ client }), () => proxy.silence(), burst)
      client.disconnect()
    })

    it('and without them is warned about, once', { timeout: 300_000 }, async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      const client = new Redis(proxy.through(server.url))
      client.on('error', () => undefined)
      const store = redisStore({ client })
      await store.read(key('a'))
      proxy.silence()
      for (const _ of [1, 2]) void store.read(key('a'), { signal: AbortSignal.timeout(100) }).catch(() => undefined)
      await sleep(300)
      expect(warn.mock.calls.map(([text]) => text)).toEqual([expect.stringContaining('socketTimeout')])
      warn.mockRestore()
      client.disconnect()
    })
  },
)

describe.skipIf(!available)('a Sentinel client goes on after a silent connection, with the documented settings', () => {
  let group: RedisSentinel
  let proxy: TcpProxy
  beforeAll(async () => {
    group = await startRedisSentinel()
  }, 300_000)
  afterAll(async () => {
    await proxy?.close()
    await group?.stop()
  })

  it.each([1, 50])('%i requests in flight', { timeout: 300_000 }, async (burst) => {
    const master = await group.master()
    proxy = await tcpProxy(`redis://127.0.0.1:${master.port}`)
    const client = new Redis({
      sentinels: [...group.sentinels],
      name: group.name,
      natMap: { [`127.0.0.1:${master.port}`]: { host: '127.0.0.1', port: proxy.port } },
      ...settings,
    })
    client.on('error', () => undefined)
    await recovers(redisStore({ client }), () => proxy.silence(), burst)
    client.disconnect()
    await proxy.close()
  })
})

describe.skipIf(!available)('a Cluster client goes on after silent connections, with the documented settings', () => {
  let cluster: RedisCluster
  let proxies: TcpProxy[]
  beforeAll(async () => {
    cluster = await startRedisCluster()
    proxies = await Promise.all(cluster.nodes.map(({ port }) => tcpProxy(`redis://127.0.0.1:${port}`)))
  }, 300_000)
  afterAll(async () => {
    for (const proxy of proxies ?? []) await proxy.close()
    await cluster?.stop()
  })

  it.each([
    ['one', 1],
    ['one', 50],
    ['every', 1],
    ['every', 50],
  ] as const)('to %s node, %i requests in flight', { timeout: 300_000 }, async (which, burst) => {
    const natMap = Object.fromEntries(
      cluster.nodes.map(({ port }, i) => [`127.0.0.1:${port}`, { host: '127.0.0.1', port: proxies[i]?.port ?? 0 }]),
    )
    const client = new Cluster([{ host: '127.0.0.1', port: proxies[0]?.port ?? 0 }], {
      natMap,
      redisOptions: settings,
    })
    client.on('error', () => undefined)
    // Every key of it on one slot, so that the silent node is one that is asked.
    const store = redisStore({ client, prefix: 'zession:{one}:' })
    const master = await cluster.masterOf(await cluster.slotOf('{one}'))
    const silent = which === 'every' ? proxies : proxies.filter((_, i) => cluster.nodes[i]?.port === master.port)
    await recovers(store, () => silent.forEach((proxy) => proxy.silence()), burst)
    client.disconnect()
  })
})

describe.skipIf(!available)('clients of node-redis go on after a silent connection, with their defaults', () => {
  let server: Server
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await startRedis({ durable: false })
    proxy = await tcpProxy(server.url)
  })
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
  })

  it.each([1, 50])('one server, %i requests in flight', { timeout: 300_000 }, async (burst) => {
    const client = createClient({ url: proxy.through(server.url) })
    client.on('error', () => undefined)
    await client.connect()
    await recovers(redisStore({ client }), () => proxy.silence(), burst)
    client.destroy()
  })

  it('but a connection whose server is only slow is kept', { timeout: 300_000 }, async () => {
    const client = createClient({ url: proxy.through(server.url) })
    client.on('error', () => undefined)
    await client.connect()
    const store = redisStore({ client })
    await store.create(key('slow'), record('one'))
    const before = await connectionsOf(server.url)
    proxy.delay(300)
    await expect(store.read(key('slow'), { signal: AbortSignal.timeout(100) })).resolves.toMatchObject({
      revision: 'one',
    })
    await sleep(1500)
    proxy.delay(0)
    expect(await connectionsOf(server.url)).toEqual(before)
    client.destroy()
  })

  it.each([1, 50])(
    'a cluster of which every node is silent, %i requests in flight',
    { timeout: 300_000 },
    async (burst) => {
      const cluster = await startRedisCluster()
      const proxies = await Promise.all(cluster.nodes.map(({ port }) => tcpProxy(`redis://127.0.0.1:${port}`)))
      const addresses = Object.fromEntries(
        cluster.nodes.map(({ port }, i) => [`127.0.0.1:${port}`, { host: '127.0.0.1', port: proxies[i]?.port ?? 0 }]),
      )
      const client = createCluster({ rootNodes: [{ url: cluster.url }], nodeAddressMap: addresses })
      client.on('error', () => undefined)
      await client.connect()
      try {
        await recovers(redisStore({ client }), () => proxies.forEach((each) => each.silence()), burst)
      } finally {
        client.destroy()
        for (const each of proxies) await each.close()
        await cluster.stop()
      }
    },
  )
})

/** The ids of the connections that the server has, without the one that asks. */
async function connectionsOf(url: string): Promise<string[]> {
  const list = String(await askRedis(url, 'client', 'list'))
  return Array.from(list.matchAll(/^id=(\d+) .* cmd=(?!client)/gm), ([, id = '']) => id)
}
