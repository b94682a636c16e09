import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { createCluster } from 'redis'
import { describe, expect, it } from 'vitest'
import type { SessionStore } from '../../../src/stores/port.js'
import { hasSubjectIndex } from '../../../src/stores/port.js'
import { redisStore } from '../../../src/stores/redis.js'
import { startRedisCluster } from '../../services/redis-cluster.mjs'
import { startRedisSentinel } from '../../services/redis-sentinel.mjs'
import { available, inADay, key, newRecord, newRevision, textOf } from './kit.js'

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
      timeout: 300_000,
    }, async () => {
      const cluster = await startRedisCluster()
      const { client, end } = await connect(cluster.url)
      const store = redisStore({ client })
      try {
        await store.create(key('counter'), newRecord('0'))
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

describe.skipIf(!available)('a master that Sentinels replace', () => {
  it('loses no write that its replicas had, and the store goes on', { timeout: 300_000 }, async () => {
    const group = await startRedisSentinel()
    const client = new Redis({ sentinels: [...group.sentinels], name: group.name })
    client.on('error', () => undefined)
    const store = redisStore({ client })
    try {
      await store.create(key('counter'), newRecord('0'))
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

/** Writes until it is stopped: increments by compare-and-set, and records with a subject. Outcomes that stay unknown count as failed. */
function load(store: SessionStore, tag = 'first') {
  const acknowledged: string[] = []
  let [running, counted, failed] = [true, 0, 0]
  const increment = async () => {
    const found = await store.read(key('counter'))
    assert.ok(found, 'the counter is there')
    const change = { bytes: Buffer.from(`${Number(textOf(found)) + 1}`), revision: newRevision(), expiresAt: inADay }
    if ((await store.update(key('counter'), change, found.revision)) === 'ok') counted++
  }
  const worker = async (name: number) => {
    // A client that is offline may refuse at once, and a loop of refusals alone would let nothing else run.
    for (let i = 0; running; i++, await setImmediate()) {
      const made = `made:${tag}:${name}:${i}`
      await Promise.all([
        increment().catch(() => failed++),
        store.create(key(made), newRecord(made, { subject: `writer${name}` })).then(
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

async function quiet(writers: ReturnType<typeof load>, store: SessionStore) {
  await writers.stop()
  return lossesOf(store, writers.acknowledged)
}
