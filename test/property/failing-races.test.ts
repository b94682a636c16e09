import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../src/define.js'
import type { SessionOptions } from '../../src/session/definition/options.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient } from '../../src/testing/test-client.js'
import { runs } from '../support/long.js'
import { type Around, type Fault, inAnyOrder, losing, storeAround } from '../support/store-around.js'

const schema = z.object({
  name: z.string().optional(),
  userId: z.string().optional(),
  n: z.number().default(0),
})
const flash = z.object({ notice: z.string(), list: z.array(z.string()) })
const RUNS = runs(300)

type Options = Pick<SessionOptions<undefined, typeof schema>, 'subject' | 'maxPerSubject'>
/** Which calls of all tabs together fail, and whether they have reached the store. */
type Faults = readonly Fault[]

const someFaults: fc.Arbitrary<Faults> = fc.array(
  fc.record({ call: fc.integer({ min: 0, max: 20 }), landed: fc.boolean() }),
  { maxLength: 4 },
)

/** A session that several tabs use at once, on a store whose every call the scheduler delays, and some of which fail. */
async function setUp(
  s: fc.Scheduler,
  faults: Faults,
  { move = true, ...options }: Options & { readonly move?: boolean },
) {
  const plain = memoryStore()
  let calls = 0
  const order = inAnyOrder(s)
  const around: Around = (name, run) => {
    const call = calls++
    const fault = faults.find((each) => each.call === call)
    return order(name, () => losing(fault, run))
  }
  const base = defineSession(schema, {
    flash,
    store: plain,
    clock: fakeClock(),
    cookie: { secure: false },
    autoCollect: false,
    ...options,
  })
  const origin = createTestClient(base)
  await origin.request((session) => {
    session.set('name', 'start')
    session.flash.set('notice', 'once')
    session.flash.add('list', 'first')
  })
  const definition = base.with({ store: storeAround(plain, around, { move }) })
  type Handler = Parameters<typeof origin.request>[0]

  /** A request of another tab. */
  async function request<T>(handler: (session: Parameters<Handler>[0]) => T | Promise<T>, status = 200) {
    const client = Object.assign(createTestClient(definition), { cookie: origin.cookie })
    try {
      const { value } = await client.request(handler, { status })
      return { ok: status < 500, value, cookie: client.cookie }
    } catch (error) {
      const { code } = error as { code?: string }
      if (!code?.startsWith('ERR_SESSION_')) throw error
      return { ok: false, value: undefined, cookie: client.cookie }
    }
  }
  const whoever = (cookie: string) => Object.assign(createTestClient(base), { cookie })
  return { origin, request, whoever, hasFailed: () => faults.some(({ call }) => call < calls) }
}

describe.each([
  ['plain', {}],
  ['one login per user', { subject: 'userId', maxPerSubject: 1 }],
  ['a store that moves nothing in one step', { move: false }],
] as const)(
  `requests at the same time, on a store that fails at times (${RUNS} interleavings each): %s`,
  (_, options) => {
    const holds = (play: (s: fc.Scheduler, faults: Faults) => Promise<void>) =>
      fc.assert(fc.asyncProperty(fc.scheduler(), someFaults, play), { numRuns: RUNS })

    it('J3 law 1: what is confirmed is stored once, what failed at most once', async () => {
      await holds(async (s, faults) => {
        const { origin, request, hasFailed } = await setUp(s, faults, options)
        const results = await s.waitFor(
          Promise.all([1, 2, 3, 4].map(() => request((session) => session.update('n', (n) => n + 1)))),
        )
        const confirmed = results.filter(({ ok }) => ok).length
        if (!hasFailed()) expect(confirmed).toBe(4)
        const { value } = await origin.request((session) => session.get('n'))
        expect(value).toBeGreaterThanOrEqual(confirmed)
        expect(value).toBeLessThanOrEqual(4)
      })
    })

    it('J1 law 2: a logout that is confirmed stands', async () => {
      await holds(async (s, faults) => {
        const { origin, request, hasFailed } = await setUp(s, faults, options)
        const [logout] = await s.waitFor(
          Promise.all([
            request((session) => session.destroy()),
            request((session) => session.set('n', 1)),
            request((session) => session.flash.take('notice')),
            request((session) => session.rotate()),
            request((session) => session.touch(), 500),
          ]),
        )
        if (!hasFailed()) expect(logout.ok).toBe(true)
        if (logout.ok) expect((await origin.request((session) => session.isNew)).value).toBe(true)
      })
    })

    it('D1 law 2: a login is under its new id alone, or it is none', async () => {
      await holds(async (s, faults) => {
        const { origin, request, whoever } = await setUp(s, faults, options)
        const [login] = await s.waitFor(
          Promise.all([
            request(async (session) => {
              session.set('userId', 'ann')
              await session.regenerate()
            }),
            request((session) => session.update('n', (n) => n + 1)),
            request((session) => session.flash.take('notice')),
          ]),
        )
        const user = async (cookie: string) => (await whoever(cookie).request((session) => session.get('userId'))).value
        expect(await user(origin.cookie)).toBeUndefined()
        if (login.ok) expect(await user(login.cookie)).toBe('ann')
      })
    })

    it('J9 law 3: a flash is in one answer at most, and in none only if a call failed', async () => {
      await holds(async (s, faults) => {
        const { origin, request, hasFailed } = await setUp(s, faults, options)
        const take = (status: number) => request((session) => session.flash.takeAll(), status)
        const [, ...taken] = await s.waitFor(
          Promise.all([request((session) => session.flash.add('list', 'second')), take(200), take(500), take(200)]),
        )
        const { value: waiting } = await origin.request((session) => session.flash.takeAll())
        const shown = [...taken.flatMap(({ ok, value }) => (ok && value ? [value] : [])), waiting]
        const notices = shown.flatMap(({ notice }) => notice ?? [])
        const items = shown.flatMap(({ list }) => list ?? [])
        expect(new Set(items).size).toBe(items.length)
        expect(notices.length).toBeLessThanOrEqual(1)
        if (!hasFailed()) expect([notices.length, items.length]).toEqual([1, 2])
      })
    })
  },
)
