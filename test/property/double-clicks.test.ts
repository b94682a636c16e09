import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../src/define.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient } from '../../src/testing/test-client.js'
import { runs } from '../support/long.js'
import { sizeOf } from '../support/sessions-in.js'
import { inAnyOrder, storeAround } from '../support/store-around.js'

const schema = z.object({ userId: z.string().optional(), cart: z.array(z.string()).default([]) })
const RUNS = runs(500)

describe.each([true, false])(
  'logins of one double click, every interleaving of their store calls (moves: %s)',
  (move) => {
    it.each([
      [2, false],
      [3, false],
      [2, true],
    ])('of %i logins one is in, and its answer has said so (beside a logout: %s)', async (logins, withLogout) => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), async (s) => {
          const plain = memoryStore()
          const options = { store: plain, clock: fakeClock(), subject: 'userId', autoCollect: false } as const
          const base = defineSession(schema, options)
          const browser = createTestClient(base)
          await browser.request((session) => session.set('cart', ['A-1']))
          const old = browser.cookie
          const racing = base.with({ store: storeAround(plain, inAnyOrder(s), { move }) })
          let [late, refused] = [0, 0]
          const told: string[] = []
          const click = async () => {
            const tab = Object.assign(createTestClient(racing), { cookie: old })
            try {
              const { setCookies } = await tab.request(async (session) => {
                // What comes after the first one has ended is a login of a visitor without a session.
                if (session.isNew) late++
                await session.regenerate()
                session.set('userId', 'ann')
              })
              if (setCookies.length === 0) return
            } catch (error) {
              expect(error).toMatchObject({ code: 'ERR_SESSION_GONE' })
              refused++
              return
            }
            told.push(tab.cookie)
          }
          const leave = async () => {
            const tab = Object.assign(createTestClient(racing), { cookie: old })
            await tab.request((session) => session.destroy())
          }
          await s.waitFor(Promise.all([...Array.from({ length: logins }, click), ...(withLogout ? [leave()] : [])]))
          const seen = await Promise.all(
            told.map((cookie) => createTestClient(base).request((session) => session.data, { cookie })),
          )
          const inside = seen.map(({ value }) => value).filter(({ userId }) => userId === 'ann')
          const live = await base.subjects.list('ann')
          expect(inside).toHaveLength(live.length)
          // Two sessions only where a login did not find the old one any more.
          expect(live.length).toBeLessThanOrEqual(1 + late)
          expect((await createTestClient(base).request((session) => session.isNew, { cookie: old })).value).toBe(true)
          if (withLogout) return
          expect(live.length).toBeGreaterThan(0)
          // Only a store that claims and creates has a moment without a session, in which the other login is refused.
          if (move) expect(refused).toBe(0)
          if (late === 0) expect([await sizeOf(plain), inside]).toEqual([1, [{ userId: 'ann', cart: ['A-1'] }]])
        }),
        { numRuns: RUNS },
      )
    })
  },
)
