import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRedis } from '../../services/redis.mjs'
import { moveExpress } from '../../support/movein.mjs'

let redis: Awaited<ReturnType<typeof startRedis>>
beforeAll(async () => {
  redis = await startRedis({ durable: false })
})
afterAll(() => redis.stop())

it('an app on express-session is replaced server by server, under load: nobody is logged out, and no cart is lost', async () => {
  const counts = await moveExpress({ url: redis.url, users: 40, servers: 3, visits: 400, old: 'end' })
  expect(counts).toMatchObject({ logouts: 0, cartsLost: 0, failed: 0, adopted: 40, refused: 0, oldLeft: 0 })
})
