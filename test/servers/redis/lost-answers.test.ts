import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../src/define.js'
import { redisStore } from '../../../src/stores/redis.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { type Server } from '../../services/process.mjs'
import { startRedis } from '../../services/redis.mjs'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'
import { available, inADay, key, newRecord } from './kit.js'

describe.skipIf(!available)('a network that loses answers', () => {
  let server: Server
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await startRedis({ durable: false })
    proxy = await tcpProxy(server.url)
    // So that the server knows every script: what is lost must be the answer to the call, not the news that it does not.
    const store = redisStore({ url: server.url })
    const warm = newRecord('warm', { subject: 'warm' })
    await store.create(key('warm'), warm)
    await store.update(key('warm'), warm, warm.revision)
    await store.touch(key('warm'), inADay, warm.revision)
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
    const one = newRecord('one')
    await store.create(key('lost'), one)
    const two = newRecord('two')
    const lost = proxy.loseAnswer('lost')
    await expect(store.update(key('lost'), two, one.revision)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    await lost
    // Applied once: the command was not sent again.
    await expect.poll(() => store.read(key('lost')).catch(() => undefined)).toMatchObject({ revision: two.revision })
    expect(await store.update(key('lost'), newRecord('three'), two.revision)).toBe('ok')
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
    const one = newRecord('one', { subject: 'ann' })
    const two = newRecord('two', { subject: 'ann' })
    const three = newRecord('three', { subject: 'ann' })
    expect(await losing(() => store.create(key('resent'), one))).toBe('ok')
    expect(await losing(() => store.update(key('resent'), two, one.revision))).toBe('ok')
    expect(await losing(() => store.touch(key('resent'), inADay + 1, two.revision))).toBe('ok')
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
    const [one, two] = [newRecord('one'), newRecord('two')]
    await store.create(key('node-redis'), one)
    const lost = proxy.loseAnswer('node-redis')
    await expect(store.update(key('node-redis'), two, one.revision)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringMatching(/cannot be reached, or the connection to it was lost/),
    })
    await lost
    expect(await store.read(key('node-redis'))).toMatchObject({ revision: two.revision })
    expect(await store.update(key('node-redis'), newRecord('three'), two.revision)).toBe('ok')
    client.destroy()
  })

  it('node-redis never sends a command whose time has passed while it waited for a connection', async () => {
    const client = createClient({ url: proxy.through(server.url) })
    client.on('error', () => undefined)
    await client.connect()
    const store = redisStore({ client })
    const one = newRecord('one')
    await store.create(key('waited'), one)
    // A connection that takes longer than the call may.
    proxy.delay(500)
    proxy.cut()
    await expect.poll(() => client.isReady).toBe(false)
    const waited = store.update(key('waited'), newRecord('two'), one.revision, { signal: AbortSignal.timeout(200) })
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
    await expect(redisStore({ client }).create(key('closed'), newRecord('x'))).rejects.toMatchObject(failure)
    const cluster = createCluster({ rootNodes: [{ url: server.url }] })
    await expect(redisStore({ client: cluster }).read(key('closed'))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringContaining('await cluster.connect()'),
    })
  })

  it('sessions add up although every third answer is lost', { timeout: 300_000 }, async () => {
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
