import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type RedisStore, redisStore } from '../../../src/stores/redis.js'
import { type LawExemption, storeLaws } from '../../../src/testing/store-laws.js'
import { askRedis } from '../../services/redis.mjs'
import { type RedisCluster, startRedisCluster } from '../../services/redis-cluster.mjs'
import { type RedisSentinel, startRedisSentinel } from '../../services/redis-sentinel.mjs'
import { service } from '../../services/service.js'
import { variantIt } from '../../support/long.js'
import { openStoreModule } from '../../support/store-process.js'
import { removeKeys } from './kit.js'

const server = service('redis')
const clear = (prefix: string) => removeKeys(server.url, prefix)
const slowIt = (name: string, run: () => Promise<void>) => it(name, run, 300_000)

let prefixes = 0
const newPrefix = () => `laws-${process.pid}-${prefixes++}:`

const expiry: LawExemption = {
  reason: 'Redis removes what has expired by itself',
  laws: [
    'collectGarbage deletes exactly what has expired, the very moment included',
    'collectGarbage deletes at most limit in one call, and all of them in the end',
    'collectGarbage goes by the deadline of the last touch or update',
    'several collectors at once delete each expired record once in total, each within its limit',
    'collectGarbage beside touches deletes nothing that a touch has just saved',
    'collectors on two connections delete each expired record once in total, each within its limit',
    'collectGarbage on one connection deletes nothing that a touch on another has just saved',
    'collectGarbage of many records lets a timer fire meanwhile',
  ],
}
const twoSlots: LawExemption = {
  reason: 'on a cluster the two keys of a move lie on two servers',
  laws: [
    'move gives the record its new key and contents, and the old key is gone at once',
    'move with another revision, or onto a taken key, answers conflict and changes nothing',
    'move of nothing answers gone and creates nothing',
    'of parallel moves and updates of one record exactly one is ok',
    'of parallel moves and updates on two connections exactly one is ok',
  ],
}

const byUrl: LawExemption = {
  reason: 'several processes are tested on one server, by its url',
  laws: [
    'four processes of 250 increments by compare-and-set each add up to a thousand',
    'of a hundred parallel takes in four processes one gets the flash',
  ],
}

interface Opened {
  readonly store: RedisStore
  end?(): void
}

/**
 * Every law on stores that `open` makes, each on a connection of its own.
 * @param clear removes what a law has left with this prefix
 * @param url of the one server, for several processes; without it they are left out
 */
function laws(
  open: (prefix: string) => Opened,
  clear: (prefix: string) => Promise<void>,
  exempt: LawExemption[],
  url?: string,
) {
  storeLaws(
    url === undefined ? variantIt(slowIt) : slowIt,
    async () => {
      const prefix = newPrefix()
      const made: ReturnType<typeof open>[] = []
      const opened = () => {
        const next = open(prefix)
        made.push(next)
        return next.store
      }
      const store = opened()
      return {
        store,
        second: async () => opened(),
        reopen: async () => {
          await store.close()
          return opened()
        },
        ...(url === undefined
          ? {}
          : { processes: { module: openStoreModule, args: ['redis', JSON.stringify({ url, prefix })] } }),
        dispose: async () => {
          for (const each of made) {
            await each.store.close()
            each.end?.()
          }
          await clear(prefix)
        },
      }
    },
    { exempt },
  )
}

describe.skipIf(!server.available)(`redisStore({ url }) keeps the laws on ${server.version}`, () => {
  laws((prefix) => ({ store: redisStore({ url: server.url, prefix }) }), clear, [expiry], server.url)
})

describe.skipIf(!server.available)(`redisStore({ client }) keeps the laws on ${server.version}`, () => {
  const over = (options: object) => (prefix: string) => {
    const client = new Redis(server.url, options)
    return { store: redisStore({ client, prefix }), end: () => client.disconnect() }
  }
  describe('with the defaults of ioredis', () => {
    laws(over({}), clear, [expiry, byUrl])
  })
  describe('with auto pipelining, a key prefix that is a pattern, and numbers as text', () => {
    laws(over({ enableAutoPipelining: true, keyPrefix: 'app[*]?:', stringNumbers: true }), clear, [expiry, byUrl])
  })
})

/** What `connect` has made, with its end. Errors of its connection are the calls'. */
function over<T extends { on(event: 'error', listener: () => void): unknown; destroy(): void }>(client: T) {
  client.on('error', () => undefined)
  return { client, end: () => client.destroy() }
}

describe.skipIf(!server.available)(`redisStore({ client }) of node-redis 5 keeps the laws on ${server.version}`, () => {
  const clients = {
    'with its defaults': () => createClient({ url: server.url }),
    'with RESP 3, and types of its own for numbers and texts': () =>
      createClient({ url: server.url, RESP: 3, commandOptions: { typeMapping: { 36: Buffer, 58: String } } }),
    'with a pool': () => createClientPool({ url: server.url }),
  }
  describe.each(Object.entries(clients))('%s', (_, make) => {
    laws(
      (prefix) => {
        const { client, end } = over(make() as ReturnType<typeof createClient>)
        void client.connect()
        return { store: redisStore({ client, prefix }), end }
      },
      clear,
      [expiry, byUrl],
    )
  })
})

describe.skipIf(!server.startable)('redisStore keeps the laws on a Redis Cluster of 3 masters and 3 replicas', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster?.stop())
  // The first three are the masters.
  const clear = async () => {
    await Promise.all(cluster.nodes.slice(0, 3).map(({ port }) => askRedis(`redis://127.0.0.1:${port}`, 'flushall')))
  }
  describe('by ioredis', () => {
    laws(
      (prefix) => {
        const client = new Cluster([cluster.url])
        return { store: redisStore({ client, prefix }), end: () => client.disconnect() }
      },
      clear,
      [expiry, twoSlots, byUrl],
    )
  })
  describe('by node-redis 5, which would read from replicas', () => {
    let shared: ReturnType<typeof over<ReturnType<typeof createCluster>>>
    beforeAll(async () => {
      shared = over(createCluster({ rootNodes: [{ url: cluster.url }], useReplicas: true }))
      await shared.client.connect()
    })
    afterAll(() => shared?.end())
    laws((prefix) => ({ store: redisStore({ client: shared.client, prefix }) }), clear, [expiry, twoSlots, byUrl])
  })
})

describe.skipIf(!server.startable)('redisStore keeps the laws on a master that Sentinels watch', () => {
  let group: RedisSentinel
  beforeAll(async () => {
    group = await startRedisSentinel()
  })
  afterAll(() => group?.stop())
  laws((prefix) => {
    const client = new Redis({ sentinels: [...group.sentinels], name: group.name })
    return { store: redisStore({ client, prefix }), end: () => client.disconnect() }
  }, async () => {
    const client = new Redis({ sentinels: [...group.sentinels], name: group.name })
    await client.flushall()
    client.disconnect()
  }, [expiry, byUrl])
})
