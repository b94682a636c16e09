import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRedis } from '../../services/redis.mjs'
import { buildGo } from '../../support/go.mjs'
import { moveExpress, moveGo } from '../../support/movein.mjs'

let redis: Awaited<ReturnType<typeof startRedis>>
beforeAll(async () => {
  redis = await startRedis({ durable: false })
})
afterAll(() => redis.stop())

it('an app on express-session is replaced server by server, under load: nobody is logged out, and no cart is lost', async () => {
  const counts = await moveExpress({ url: redis.url, users: 40, servers: 3, visits: 400, old: 'end' })
  expect(counts).toMatchObject({ logouts: 0, cartsLost: 0, failed: 0, adopted: 40, refused: 0, oldLeft: 0 })
})

/** Where there is no Go, samples that it has written stand for it: test/unit/adopt. */
const isGoHere = buildGo(new URL('../../support/movein-go/', import.meta.url))
isGoHere?.remove()

it.each(isGoHere ? (['keep', 'end'] as const) : [])(
  'so is an app in Go on gorilla/sessions, whose sessions are in cookies (%s)',
  async (old) => {
    const counts = await moveGo({ url: redis.url, users: 40, servers: 3, visits: 400, old })
    const oldCookies = old === 'keep' ? 40 : 0
    expect(counts).toMatchObject({ logouts: 0, cartsLost: 0, failed: 0, adopted: 40, refused: 0, oldCookies })
  },
)
