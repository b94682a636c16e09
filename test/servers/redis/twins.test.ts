import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../src/define.js'
import { redisStore } from '../../../src/stores/redis.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import type { Server } from '../../services/process.mjs'
import { startRedis } from '../../services/redis.mjs'
import { service } from '../../services/service.js'

describe.skipIf(!service('redis').startable)('a double click on Log in, on Redis', () => {
  let server: Server
  beforeAll(async () => {
    server = await startRedis({ durable: false })
  })
  afterAll(() => server?.stop())

  it('the second login counts, has the cart, and takes the place of the first', async () => {
    const definition = defineSession(
      z.object({ userId: z.string().optional(), cart: z.array(z.string()).default([]) }),
      { store: redisStore({ url: server.url }), subject: 'userId', maxPerSubject: 1 },
    )
    const browser = createTestClient(definition)
    await browser.request((session) => session.set('cart', ['A-1']))
    const login = async (pause: number) => {
      const tab = Object.assign(createTestClient(definition), { cookie: browser.cookie })
      await sleep(pause)
      await tab.request(async (session) => {
        await sleep(100)
        await session.regenerate()
        session.set('userId', 'ann')
      })
      return tab
    }
    const [first, second] = await Promise.all([login(0), login(40)])
    expect((await second.request((session) => session.data)).value).toEqual({ userId: 'ann', cart: ['A-1'] })
    for (const dead of [first, browser]) expect((await dead.request((session) => session.isNew)).value).toBe(true)
    expect(await definition.subjects.list('ann')).toHaveLength(1)
    await definition.close()
  })
})
