import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest'
import { redisStore } from '../../src/stores/redis.js'
import type { Server } from '../services/process.mjs'
import { startRedis } from '../services/redis.mjs'
import { service } from '../services/service.js'
import { type TcpProxy, tcpProxy } from '../services/tcp-proxy.js'
import { recovers } from './silence.js'

describe.skipIf(!service('redis').startable)('redisStore({ url }) gives up a connection that is silent', () => {
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

  it.each([1, 50])('with %i requests in flight', { timeout: 30_000 }, async (burst) => {
    const store = redisStore({ url: proxy.through(server.url) })
    await recovers(store, () => proxy.silence(), burst)
    await store.close()
  })
})
