import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { sizeOf } from '../../../support/sessions-in.js'
import { type Around, type StoreCall, storeAround } from '../../../support/store-around.js'

const schema = z.object({
  userId: z.string().optional(),
  role: z.string().optional(),
  cart: z.array(z.string()).default([]),
})
const flash = z.object({ notice: z.string() })

async function setUp({
  movable = true,
  ...options
}: SessionOptions<typeof flash, typeof schema> & { movable?: boolean } = {}) {
  const plain = memoryStore()
  const calls = { after: async (_name: StoreCall) => {} }
  const watch: Around = async (name, run) => {
    const outcome = await run()
    await calls.after(name)
    return outcome
  }
  const store = storeAround(plain, watch, { move: movable })
  const definition = defineSession(schema, { flash, store, clock: fakeClock(), subject: 'userId', ...options })
  const browser = createTestClient(definition)
  await browser.request((session) => {
    session.set('cart', ['A-1'])
    session.flash.set('notice', 'once')
  })
  const tab = () => Object.assign(createTestClient(definition), { cookie: browser.cookie })
  type Tab = ReturnType<typeof tab>
  /** A login whose handler does something between the load and the new id. */
  const login = (client: Tab, between: () => Promise<unknown> = async () => {}, user = 'ann') =>
    client.request(async (session) => {
      await between()
      await session.regenerate()
      session.set('userId', user)
    })
  const dataOf = async (client: Tab) => (await client.request((session) => session.data)).value
  const outcomeOf = (request: Promise<unknown>) =>
    request.then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    )
  return { plain, calls, definition, browser, tab, login, dataOf, outcomeOf }
}

for (const movable of [true, false])
  describe(`requests of one double click, with ${movable ? 'a store that moves' : 'the bare port'}`, () => {
    it('the second login counts, has the cart, and takes the place of the first', async () => {
      const { definition, tab, login, dataOf, browser } = await setUp({ movable, maxPerSubject: 1 })
      const [first, second] = [tab(), tab()]
      await login(second, () => login(first))
      expect(await dataOf(second)).toMatchObject({ userId: 'ann', cart: ['A-1'] })
      for (const dead of [first, browser]) expect((await dead.request((session) => session.isNew)).value).toBe(true)
      expect(await definition.subjects.list('ann')).toHaveLength(1)
      expect((await definition.subjects.list('ann'))[0]?.data?.userId).toBe('ann')
    })

    it('a third one takes the place of the second', async () => {
      const { definition, tab, login, dataOf } = await setUp({ movable })
      const [first, second, third] = [tab(), tab(), tab()]
      await login(third, () => login(second, () => login(first)))
      expect(await dataOf(third)).toMatchObject({ userId: 'ann', cart: ['A-1'] })
      expect(await definition.subjects.list('ann')).toHaveLength(1)
    })

    it('nothing of the first one reaches the second: another login, an attacker with the old id', async () => {
      const { tab, dataOf } = await setUp({ movable })
      const [victim, attacker] = [tab(), tab()]
      await attacker.request(async (session) => {
        await victim.request(async (own) => {
          own.set('role', 'admin')
          own.update('cart', (cart) => [...cart, 'secret'])
          await own.regenerate()
          own.set('userId', 'ann')
        })
        await session.regenerate()
      })
      expect(await dataOf(attacker)).toEqual({ cart: ['A-1'] })
    })

    it('law 1: what others have changed since it was read does not come back, nor is half of it missing', async () => {
      const { tab, login, dataOf } = await setUp({ movable })
      const [first, second] = [tab(), tab()]
      await login(second, async () => {
        await tab().request((session) => session.delete('cart'))
        await login(first)
      })
      expect(await dataOf(second)).toEqual({ userId: 'ann', cart: [] })
    })

    it('law 1: what the first one has dropped with `keep` does not come back, unless both keep the same', async () => {
      for (const [first, second, cart] of [
        [['role'], undefined, []],
        [['role'], ['cart'], []],
        [['role', 'cart'], ['cart', 'role'], ['A-1']],
        [undefined, ['cart'], ['A-1']],
        [undefined, ['role'], []],
      ] as const) {
        const { tab, dataOf } = await setUp({ movable })
        const [one, two] = [tab(), tab()]
        const optionsOf = (keep?: readonly ('role' | 'cart')[]) => (keep ? { keep } : {})
        await two.request(async (session) => {
          await one.request((other) => other.regenerate(optionsOf(first)))
          await session.regenerate(optionsOf(second))
        })
        expect(await dataOf(two), `${first} then ${second}`).toEqual({ cart })
      }
    })

    it('law 3: a flash of the old session is not shown by both', async () => {
      const { tab, login } = await setUp({ movable })
      const [first, second] = [tab(), tab()]
      await login(second, async () => {
        await login(first)
        expect((await first.request((session) => session.flash.take('notice'))).value).toBe('once')
      })
      expect((await second.request((session) => session.flash.take('notice'))).value).toBeUndefined()
    })

    for (const end of ['logout', 'revocation', 'destroyAll'] as const)
      it(`law 2: after a ${end} in between the second login is refused`, async () => {
        const { plain, definition, tab, login, outcomeOf } = await setUp({ movable })
        const [first, second] = [tab(), tab()]
        const outcome = login(second, async () => {
          await login(first)
          if (end === 'logout') await first.request((session) => session.destroy())
          else if (end === 'revocation') await definition.subjects.revoke('ann')
          else await definition.destroyAll()
        })
        expect(await outcomeOf(outcome)).toBe('ERR_SESSION_GONE')
        // What is left of a revocation is its epoch.
        expect(await sizeOf(plain)).toBe(end === 'revocation' ? 1 : 0)
      })

    it('a logout under way ends the session wherever another request has moved it', async () => {
      for (const how of ['regenerate', 'rotate'] as const) {
        const { plain, tab } = await setUp({ movable })
        const [moving, leaving] = [tab(), tab()]
        await leaving.request(async (session) => {
          await moving.request((other) => other[how]())
          await session.destroy()
        })
        expect([await sizeOf(plain), leaving.cookie]).toEqual([0, ''])
      }
    })

    it('a logout under way ends it also when it was moved more than once', async () => {
      const { plain, tab, login } = await setUp({ movable })
      const [moving, leaving] = [tab(), tab()]
      await leaving.request(async (session) => {
        await login(moving)
        for (let i = 0; i < 3; i++) await moving.request((other) => other.rotate())
        await session.destroy()
      })
      expect(await sizeOf(plain)).toBe(0)
    })

    it('the session that is replaced is reported as destroyed', async () => {
      const destroyed: (string | undefined)[] = []
      const { tab, login } = await setUp({ movable, hooks: { destroyed: ({ ref }) => void destroyed.push(ref) } })
      const [first, second] = [tab(), tab()]
      let firstRef: string | undefined
      await login(second, async () => {
        await login(first)
        firstRef = (await first.request((session) => session.ref)).value
      })
      expect(destroyed).toEqual([firstRef])
    })

    it('a change that `keep` drops does not make a whole login of half a session', async () => {
      const { tab, login, outcomeOf, browser } = await setUp({ movable })
      await login(browser)
      const [first, half] = [tab(), tab()]
      const elevate = half.request(async (session) => {
        session.assign({ userId: 'bob', role: 'admin' })
        await first.request((other) => other.regenerate())
        await session.regenerate({ keep: ['role'] })
      })
      expect(await outcomeOf(elevate)).toBe('ERR_SESSION_GONE')
    })

    it('law 2: a new id that a revocation has ended does not replace the login that came between', async () => {
      const { definition, tab, login, outcomeOf, dataOf, browser, calls } = await setUp({ movable })
      await login(browser)
      const [first, second] = [tab(), tab()]
      await second.request(async (other) => {
        other.set('userId', 'bob')
        const outcome = first.request(async (session) => {
          session.set('userId', 'carl')
          let isReleased = false
          calls.after = async (name) => {
            isReleased ||= name === 'destroy'
            if (name !== 'move' && !(name === 'create' && isReleased)) return
            calls.after = async () => {}
            await other.regenerate()
            await definition.subjects.revoke('ann')
          }
          await session.regenerate()
        })
        expect(await outcomeOf(outcome)).toBe('ERR_SESSION_GONE')
      })
      expect(await dataOf(second)).toEqual({ userId: 'bob', cart: [] })
    })

    it('save() and rotate() of what a login has moved change nothing, and leave the cookie alone', async () => {
      for (const how of ['save', 'rotate'] as const) {
        const { tab, login, outcomeOf, dataOf, browser } = await setUp({ movable })
        const [first, second] = [tab(), tab()]
        const outcome = second.request(async (session) => {
          session.set('role', 'late')
          await login(first)
          await session[how]()
        })
        expect(await outcomeOf(outcome)).toBe('ERR_SESSION_GONE')
        expect(second.cookie).toBe(browser.cookie)
        expect(await dataOf(first)).toEqual({ userId: 'ann', cart: ['A-1'] })
      }
    })

    it('who was logged in already loses what was read: only a whole login counts, half a session is none', async () => {
      const { tab, login, outcomeOf, dataOf, browser } = await setUp({ movable })
      await login(browser)
      const [first, half, whole] = [tab(), tab(), tab()]
      const elevate = half.request(async (session) => {
        session.set('role', 'admin')
        await first.request((other) => other.regenerate())
        await session.regenerate()
      })
      expect(await outcomeOf(elevate)).toBe('ERR_SESSION_GONE')
      const next = Object.assign(whole, { cookie: first.cookie })
      await next.request(async (session) => {
        session.set('userId', 'bob')
        await first.request((other) => other.regenerate())
        await session.regenerate()
      })
      expect(await dataOf(next)).toEqual({ userId: 'bob', cart: [] })
    })
  })

it('without `subject` nobody knows whose the old session was: the second login has what its handler sets', async () => {
  const definition = defineSession(schema, { clock: fakeClock() })
  const browser = createTestClient(definition)
  await browser.request((session) => session.set('cart', ['A-1']))
  const [first, second] = [browser, Object.assign(createTestClient(definition), { cookie: browser.cookie })]
  await second.request(async (session) => {
    await first.request((other) => other.regenerate())
    await session.regenerate()
    session.set('userId', 'ann')
  })
  expect((await second.request((session) => session.data)).value).toEqual({ userId: 'ann', cart: [] })
})
