import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSettledStore } from '../../../src/session/store/settled-store.js'
import { mongodbStore } from '../../../src/stores/mongodb.js'
import type { Revision, StoreKey } from '../../../src/stores/port.js'
import { requireBinaries } from '../../services/binaries.mjs'
import { fullServer } from '../../services/full-server.js'
import { type MongodbSet, startMongodbSet } from '../../services/mongodb-set.mjs'
import { freePort, launch, makeFolder, type ServerProcess } from '../../services/process.mjs'
import { service } from '../../services/service.js'
import { type TcpProxy, tcpProxy } from '../../services/tcp-proxy.js'
import { bounded } from '../silence.js'

const mongodb = service('mongodb')
const key = 'a' as StoreKey
const record = { bytes: Buffer.from('a'), revision: 'a' as Revision, expiresAt: 9e12 }

/** What may go on when no call can be made, and what an error must say of it. `:port` is that of the server. */
const cases: readonly [what: string, url: (port: number, other: number) => string, says: RegExp][] = [
  ['refused', (_, other) => `127.0.0.1:${other}/app`, /at 127\.0\.0\.1:other cannot be reached \(ECONNREFUSED\)/],
  [
    'refused by all of several',
    (_, other) => `127.0.0.1:${other},127.0.0.1:1/app?replicaSet=rs`,
    /servers cannot be reached: 127\.0\.0\.1:other \(ECONNREFUSED\), 127\.0\.0\.1:1 \(ECONNREFUSED\)/,
  ],
  [
    'a name that is not found',
    () => 'no-such-host.invalid:27017/app',
    /no-such-host\.invalid:27017 cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
  ],
  ['TLS with a server that has none', (port) => `127.0.0.1:${port}/app?tls=true`, /127\.0\.0\.1:port .*\bTLS\b/],
  ['a wrong password', (port) => `127.0.0.1:${port}/app`, /127\.0\.0\.1:port .*18 AuthenticationFailed.*authSource/],
  [
    'another name of the replica set',
    (port) => `127.0.0.1:${port}/app?replicaSet=other`,
    /None .* 127\.0\.0\.1:port is a member of the replica set `other`/,
  ],
]

describe.skipIf(!mongodb.startable)(`mongodbStore names the server and the reason, on ${mongodb.version}`, () => {
  let server: ServerProcess & { port: number }
  let closed: number
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    server = await plainServer()
    closed = await freePort()
  }, 300_000)
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close()
  })
  afterAll(() => server?.stop())

  const failureOf = (url: string, way: string) => {
    const brief = `${url}${url.includes('?') ? '&' : '?'}serverSelectionTimeoutMS=500`
    const store = way === 'url' ? mongodbStore({ url: brief }) : mongodbStore({ db: client(brief).db() })
    open.push({ close: async () => store.close() })
    return store.read(key).then(
      () => expect.fail('there is no server, yet it worked'),
      (error: unknown) => error as Error,
    )
  }
  const client = (url: string) => {
    const made = new MongoClient(url)
    open.push(made)
    return made
  }

  describe.each(['url', 'db'])('with a %s', (way) => {
    it.each(cases)('%s', { timeout: 300_000 }, async (_, url, says) => {
      const error = await failureOf(`mongodb://secretuser:secretword@${url(server.port, closed)}`, way)
      expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
      expect(error.message.replaceAll(`:${server.port}`, ':port').replaceAll(`:${closed}`, ':other')).toMatch(says)
      expect(inspect(error, { depth: 8, showHidden: true })).not.toMatch(/secretuser|secretword/)
    })

    it('a server that ends each connection', { timeout: 300_000 }, async () => {
      const ending = await listening((socket) => socket.end())
      const error = await failureOf(`mongodb://127.0.0.1:${ending.port}/app`, way)
      expect(error.message).toMatch(
        new RegExp(`127\\.0\\.0\\.1:${ending.port} cannot be reached \\((it was closed|ECONNRESET)\\)`),
      )
      ending.server.close()
    })

    it('a server whose system answers no connection at all', { timeout: 300_000 }, async () => {
      const full = await fullServer()
      const error = await failureOf(`mongodb://127.0.0.1:${full.port}/app`, way)
      expect(error.message).toContain(`127.0.0.1:${full.port} cannot be reached (no answer)`)
      await full.stop()
    })
  })

  it('a call over a server that answers no connection ends within its time, and the next one finds a better server', async () => {
    const full = await fullServer()
    const store = mongodbStore({ url: `mongodb://127.0.0.1:${full.port}/app` })
    const backend = createSettledStore(store, 'session', 500)
    const began = performance.now()
    await expect(backend.read(key)).rejects.toMatchObject({ code: 'ERR_SESSION_STORE_TIMEOUT' })
    expect(performance.now() - began).toBeLessThan(bounded)
    await full.stop()
    const replaced = await plainServer(full.port)
    await expect
      .poll(
        () =>
          backend.read(key).then(
            () => 'read',
            () => 'failed',
          ),
        { timeout: bounded },
      )
      .toBe('read')
    await store.close()
    await replaced.stop()
  })
})

describe.skipIf(!mongodb.startable)(`mongodbStore on a replica set of ${mongodb.version}`, { timeout: 300_000 }, () => {
  let set: MongodbSet
  beforeAll(async () => {
    set = await startMongodbSet(3)
  }, 300_000)
  afterAll(() => set?.stop())
  const hosts = () => set.members.map(({ port }) => `127.0.0.1:${port}`)

  it('says which members there are when all died, and goes on when they are back', async () => {
    const store = mongodbStore({ url: `mongodb://${hosts().join(',')}/app?replicaSet=${set.name}` })
    const backend = createSettledStore(store, 'session', 5000)
    await backend.create(key, record)
    await set.kill()
    const began = performance.now()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => backend.read(key)))
    expect(performance.now() - began).toBeLessThan(3 * bounded)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        reason: { code: 'ERR_SESSION_STORE', message: expect.stringMatching(/127\.0\.0\.1:\d+.*ECONNREFUSED/) },
      })
    }
    await set.restart()
    await expect
      .poll(
        () =>
          backend.read(key).then(
            (found) => found?.revision,
            () => 'failed',
          ),
        { timeout: bounded },
      )
      .toBe('a')
    await store.close()
  })

  it('says which names it could not find when the set announces other ones than the url', async () => {
    let proxy: TcpProxy | undefined
    const lone = await startMongodbSet(1, async (port) => {
      proxy = await tcpProxy(`mongodb://127.0.0.1:${port}`)
      return `127.0.0.1:${proxy.port}`
    })
    await proxy?.refuse()
    const options = 'replicaSet=rs3&serverSelectionTimeoutMS=500'
    const store = mongodbStore({ url: `mongodb://127.0.0.1:${lone.members[0]?.port}/app?${options}` })
    await expect(store.read(key)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: expect.stringMatching(
        new RegExp(`127\\.0\\.0\\.1:${proxy?.port} .*ECONNREFUSED.*names that the replica set gives`),
      ),
    })
    await store.close()
    await proxy?.close()
    await lone.stop()
  })
})

async function plainServer(port?: number): Promise<ServerProcess & { port: number }> {
  const { mongod } = requireBinaries('mongodb')
  const [folder, own] = [makeFolder('mongo1'), port ?? (await freePort())]
  const small = ['--wiredTigerCacheSizeGB', '0.25', '--nounixsocket', '--bind_ip', '127.0.0.1']
  const args = ['--dbpath', folder, '--port', `${own}`, ...small]
  const server = await launch({ command: mongod ?? '', args, ready: /Waiting for connections/i, folder })
  return Object.assign(server, { port: own })
}

async function listening(serve: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    serve(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}
