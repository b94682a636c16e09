import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createBackend } from '../../src/session/backend.js'
import { type MongodbStore, mongodbStore } from '../../src/stores/mongodb.js'
import type { StoredRecord, StoreKey, Version } from '../../src/stores/port.js'
import { requireBinaries } from '../services/binaries.mjs'
import { type MongodbSet, startMongodbSet } from '../services/mongodb-set.mjs'
import { freePort, launch, makeFolder, type ServerProcess } from '../services/process.mjs'
import { service } from '../services/service.js'
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.js'
import { recovers, storeTimeout } from './silence.js'

const mongodb = service('mongodb')
const key = (text: string) => text as StoreKey
const record = (text: string): StoredRecord => ({ bytes: Buffer.from(text), version: text as Version, expiresAt: 9e12 })
const slow = { timeout: 60_000 }

interface Place {
  readonly url: string
  readonly proxies: readonly TcpProxy[]
  stop(): Promise<void>
}

const places: readonly [string, () => Promise<Place>][] = [
  ['a server on its own', standalone],
  ['a replica set of three', replicaSet],
]

describe.skipIf(!mongodb.startable).each(places)(`mongodbStore({ url }) on ${mongodb.version}, %s`, (_, start) => {
  let place: Place
  let store: MongodbStore
  beforeAll(async () => {
    place = await start()
  }, 90_000)
  beforeEach(() => {
    store = mongodbStore({ url: place.url })
  })
  afterEach(() => store.close())
  afterAll(() => place?.stop())
  // The members of the set go on talking to each other.
  const silence = (of = 'zession-test') => place.proxies.forEach((proxy) => proxy.silence(of))

  it.each([1, 50])('recovers from silence with %i requests in flight', slow, async (burst) => {
    await recovers(store, silence, burst)
  })

  it.each([
    ['every connection', 'zession-test'],
    ['the connections of calls, while those that watch the servers are alive', 'find'],
  ])('gives up %s that went silent while idle: later calls meet none of them', slow, async (_, which) => {
    const backend = createBackend(store, 'session', storeTimeout)
    await backend.create(key('a'), record('a'))
    const many = () => Promise.allSettled([...Array(50).keys()].map(() => backend.read(key('a'))))
    const failed = (results: PromiseSettledResult<unknown>[]) =>
      results.filter(({ status }) => status === 'rejected').length
    for (let i = 0; i < 5; i++) expect(failed(await many())).toBe(0)
    silence(which)
    const began = performance.now()
    // One after the other, each over one of the 50.
    const isStored = () =>
      backend.touch(key('a'), 9e12, 'a' as Version).then(
        () => true,
        () => false,
      )
    while (!(await isStored())) expect(performance.now() - began).toBeLessThan(3 * storeTimeout)
    console.log(`one after the other: stored after ${Math.round(performance.now() - began)} ms`)
    expect(failed(await many())).toBe(0)
    expect(performance.now() - began).toBeLessThan(3 * storeTimeout)
  })
})

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
