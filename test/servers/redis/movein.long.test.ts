import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRedis } from '../../services/redis.mjs'
import { moveExpress } from '../../support/movein.mjs'

let redis: Awaited<ReturnType<typeof startRedis>>
beforeAll(async () => {
  redis = await startRedis({ durable: false })
})
afterAll(() => redis.stop())

it('a thousand users of an express-session app are moved server by server, and the old records stay for a rollback', async () => {
  const counts = await moveExpress({ url: redis.url, users: 1000, servers: 4, visits: 5000 })
  expect(counts).toMatchObject({ logouts: 0, cartsLost: 0, failed: 0, adopted: 1000, refused: 0, oldLeft: 1000 })
}, 300_000)
