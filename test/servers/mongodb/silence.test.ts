import { Socket } from 'node:net'
import { MongoClient, type MongoClientOptions } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSettledStore } from '../../../src/session/store/settled-store.js'
import { type MongodbStore, mongodbStore } from '../../../src/stores/mongodb.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { requireBinaries } from '../../services/binaries.mjs'
import { type MongodbSet, startMongodbSet } from '../../services/mongodb-set.mjs'
import { freePort, launch, makeFolder, type ServerProcess, until } from '../../services/process.mjs'
import { service } from '../../services/service.js'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'
import { bounded, recovers, storeTimeout } from '../silence.js'

const mongodb = service('mongodb')
const key = (text: string) => text as StoreKey
const revision = (text: string) => text as Revision
const record = (text: string): StoredRecord => ({ bytes: Buffer.from(text), revision: revision(text), expiresAt: 9e12 })
const slow = { timeout: 300_000 }

/** What docs/stores/mongodb.md says for a client of one's own. */
const settings: MongoClientOptions = {
  socketTimeoutMS: storeTimeout,
  serverMonitoringMode: 'poll',
  heartbeatFrequencyMS: 500,
  connectTimeoutMS: storeTimeout,
}

const many = (backend: ReturnType<typeof createSettledStore>) =>
  Promise.allSettled([...Array(50).keys()].map(() => backend.read(key('a'))))
const failed = (results: PromiseSettledResult<unknown>[]) =>
  results.filter(({ status }) => status === 'rejected').length

interface Place {
  readonly url: string
  readonly proxies: readonly TcpProxy[]
  stop(): Promise<void>
}

const places: readonly [string, () => Promise<Place>][] = [
  ['a server on its own', standalone],
  ['a replica set of three', replicaSet],
]

describe.skipIf(!mongodb.startable).each(places)(`mongodbStore on ${mongodb.version}, %s`, (_, start) => {
  let place: Place
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    place = await start()
  }, 300_000)
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
  })
  afterAll(() => place?.stop())

  function ownStore(): MongodbStore {
    const store = mongodbStore({ url: place.url })
    open.push(store)
    return store
  }
  function givenStore(options: MongoClientOptions): MongodbStore {
    const client = new MongoClient(place.url, options)
    open.push(client)
    return mongodbStore({ db: client.db() })
  }
  // The members of the set go on talking to each other.
  const silence = (of = '') => place.proxies.forEach((proxy) => proxy.silence('zession-test', of))

  /** Fifty connections that answered, and then none; how long until one call after the other is stored again. */
  async function stored(
    backend: ReturnType<typeof createSettledStore>,
    silent: string,
    limit: number,
  ): Promise<number> {
    await backend.create(key('a'), record('a'))
    for (let i = 0; i < 5; i++) await until('all of fifty are answered', async () => failed(await many(backend)) === 0)
    silence(silent)
    const began = performance.now()
    for (;;) {
      const answer = await backend.touch(key('a'), 9e12, revision('a')).catch(() => 'failed')
      const took = performance.now() - began
      if (answer === 'ok' || took > limit) return took
    }
  }

  describe('with url gives up connections that get no answer', () => {
    it.each([1, 50])('recovers with %i requests in flight', slow, async (burst) => {
      await recovers(ownStore(), silence, burst)
    })

    it.each([
      ['every connection', ''],
      ['those of calls alone, and not those that watch the servers', 'find'],
    ])('when idle ones went silent, %s, asked one call after the other', slow, async (_, which) => {
      const backend = createSettledStore(ownStore(), 'session', storeTimeout)
      const began = performance.now()
      expect(await stored(backend, which, bounded)).toBeLessThan(bounded)
      await until('all of fifty are answered', async () => failed(await many(backend)) === 0)
      console.log(`${which} all of 50 after ${Math.round(performance.now() - began)} ms`)
    })

    it('when the servers accept new ones and never speak, from the first call on and later', slow, async () => {
      const backend = createSettledStore(ownStore(), 'session', storeTimeout)
      for (const round of ['at first', 'later']) {
        place.proxies.forEach((proxy) => proxy.mute('zession-test'))
        if (round === 'later') silence('')
        const began = performance.now()
        expect(failed(await many(backend))).toBe(50)
        for (const proxy of place.proxies) await proxy.heal()
        while (failed(await many(backend)) > 0) expect(performance.now() - began).toBeLessThan(bounded)
        expect(performance.now() - began).toBeLessThan(bounded)
      }
    })

    it('and closes them, those that it replaced too, within a bounded time', slow, async () => {
      const [store, before] = [ownStore(), socketsTo(place)]
      const backend = createSettledStore(store, 'session', 300)
      await backend.create(key('b'), record('b'))
      for (let round = 0; round < 4; round++) {
        await many(backend)
        silence()
        expect(failed(await Promise.allSettled([backend.touch(key('b'), 9e12, revision('b'))]))).toBeLessThan(2)
      }
      silence()
      const began = performance.now()
      await store.close()
      expect(performance.now() - began).toBeLessThan(bounded)
      // Silent ones never end at a proxy, so it is asked what this process has open.
      await until('none is left', () => socketsTo(place) <= before, 25_000)
    })
  })

  describe('over a client of the user, with the documented settings', () => {
    it.each([1, 50])('recovers with %i requests in flight', slow, async (burst) => {
      await recovers(givenStore(settings), silence, burst)
    })

    it(
      'when idle ones went silent, asked one call after the other; without the settings it does not',
      slow,
      async () => {
        const backend = createSettledStore(givenStore(settings), 'session', storeTimeout)
        expect(await stored(backend, 'zession-test', bounded)).toBeLessThan(bounded)
        const without = createSettledStore(givenStore({}), 'session', storeTimeout)
        expect(await stored(without, '', 3 * storeTimeout)).toBeGreaterThan(3 * storeTimeout)
      },
    )
  })
})

/** The sockets of this process to a place, silent or not. */
function socketsTo({ proxies }: Place): number {
  const ports = proxies.map(({ port }) => port)
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  return handles.filter((handle) => handle instanceof Socket && ports.includes(handle.remotePort ?? 0)).length
}

async function standalone(): Promise<Place> {
  const { mongod } = requireBinaries('mongodb')
  const [folder, port] = [makeFolder('mongo1'), await freePort()]
  const small = ['--wiredTigerCacheSizeGB', '0.25', '--nounixsocket', '--bind_ip', '127.0.0.1']
  const args = ['--dbpath', folder, '--port', `${port}`, ...small]
  const server: ServerProcess = await launch({ command: mongod ?? '', args, ready: /Waiting for connections/i, folder })
  const proxy = await tcpProxy(`mongodb://127.0.0.1:${port}`)
  return {
    url: `mongodb://127.0.0.1:${proxy.port}/app?appName=zession-test`,
    proxies: [proxy],
    async stop() {
      await proxy.close()
      await server.stop()
    },
  }
}

async function replicaSet(): Promise<Place> {
  const proxies: TcpProxy[] = []
  const set: MongodbSet = await startMongodbSet(3, async (port) => {
    const proxy = await tcpProxy(`mongodb://127.0.0.1:${port}`)
    proxies.push(proxy)
    return `127.0.0.1:${proxy.port}`
  })
  const hosts = proxies.map(({ port }) => `127.0.0.1:${port}`)
  return {
    url: `mongodb://${hosts.join(',')}/app?replicaSet=${set.name}&appName=zession-test`,
    proxies,
    async stop() {
      await set.stop()
      for (const proxy of proxies) await proxy.close()
    },
  }
}
