import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisStore, redisStore } from '../../../src/stores/redis.js'
import { askRedis } from '../../services/redis.mjs'
import { type RedisCluster, startRedisCluster } from '../../services/redis-cluster.mjs'
import { available, day, inADay, key, record, revision } from './kit.js'

describe.skipIf(!available)('redisStore on a Redis Cluster', () => {
  let cluster: RedisCluster
  let client: Cluster
  let store: RedisStore
  beforeAll(async () => {
    cluster = await startRedisCluster()
    client = new Cluster([cluster.url])
    store = redisStore({ client })
  })
  afterAll(async () => {
    client?.disconnect()
    await cluster?.stop()
  })

  const scriptsOf = async (run: () => Promise<unknown>) => {
    const urls = cluster.nodes.map(({ port }) => `redis://127.0.0.1:${port}`)
    for (const url of urls) await askRedis(url, 'config', 'resetstat')
    await run()
    let calls = 0
    for (const url of urls) {
      const stats = String(await askRedis(url, 'info', 'commandstats'))
      for (const [, count] of stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)) calls += Number(count)
    }
    return calls
  }

  it('a url that leads to a node of a cluster is an error that names Cluster', async () => {
    const node = redisStore({ url: cluster.url })
    const reads = Array.from({ length: 20 }, (_, i) => node.read(key(`k${i}`)))
    const failed = (await Promise.allSettled(reads)).filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    for (const each of failed)
      expect(each).toMatchObject({ reason: { message: expect.stringContaining('new Cluster()') } })
    await node.close()
  })

  it('has no power to move', () => {
    expect('move' in store).toBe(false)
    expect('move' in redisStore({ url: 'redis://localhost' })).toBe(true)
  })

  it('enters the index first, and takes one round trip where the subject stays', async () => {
    // Ten times, so that each node knows each script.
    for (let i = 0; i < 40; i++) {
      const warm = record('warm', { subject: `w${i}` })
      await store.create(key(`w${i}`), warm)
      await store.update(key(`w${i}`), warm, warm.revision)
      await store.touch(key(`w${i}`), inADay, warm.revision)
    }
    const one = record('one', { subject: 'ann' })
    expect(await scriptsOf(() => store.create(key('bare'), record('x')))).toBe(1)
    expect(await scriptsOf(() => store.create(key('a'), one))).toBe(2)
    expect(await scriptsOf(() => store.update(key('a'), record('two', { subject: 'ann' }), one.revision))).toBe(1)
    expect(await scriptsOf(() => store.touch(key('a'), inADay + day / 2, revision('revision-two')))).toBe(1)
    const three = record('three', { subject: 'bob' })
    expect(await scriptsOf(() => store.update(key('a'), three, revision('revision-two')))).toBe(3)
    expect(await scriptsOf(() => store.update(key('a'), record('four'), three.revision))).toBe(1)
  })

  it('never takes a member out of an index for its record being absent', async () => {
    let done = false
    const met = async () => {
      const keys: string[] = []
      for await (const found of store.bySubject('flip')) keys.push(found.key)
      return keys
    }
    const lists = Array.from({ length: 4 }, async () => {
      while (!done) await met()
    })
    for (let i = 0; i < 200; i++) {
      await store.create(key('flip'), record(`${i}`, { subject: 'flip' }))
      expect(await met()).toEqual(['flip'])
      await store.destroy(key('flip'))
    }
    done = true
    await Promise.all(lists)
  })
})
