import { AsyncLocalStorage } from 'node:async_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../src/define.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeClock } from '../../src/testing/fake-clock.js'
import { createTestClient, type TestClient } from '../../src/testing/test-client.js'
import { runs } from '../support/long.js'
import { sizeOf } from '../support/sessions-in.js'
import { type Around, inAnyOrder, type StoreCall, storeAround } from '../support/store-around.js'

const schema = z.object({
  a: z.string().optional(),
  b: z.string().optional(),
  n: z.number().default(0),
  log: z.array(z.number()).default([]),
})
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })
const RUNS = runs(1000)

type Tab = TestClient<typeof schema, typeof flash>

const ENDS = new Set<StoreCall>(['move', 'destroy'])

/** Tells the store calls of a regenerate from those of a logout beside it. */
const regenerating = new AsyncLocalStorage<boolean>()

/** Each store call waits until the scheduler lets it begin, and its answer until the scheduler lets it arrive. */
function scheduled(s: fc.Scheduler, { movable = true } = {}) {
  const plain = memoryStore()
  /** Whether a regenerate was the one that ended the old record. */
  const won = { claim: false }
  const order = inAnyOrder(s)
  const around: Around = (name, run) =>
    order(name, async () => {
      const answer = await run()
      if (ENDS.has(name) && answer === 'ok' && regenerating.getStore()) won.claim = true
      return answer
    })
  return { plain, won, delayed: storeAround(plain, around, { move: movable }) }
}

async function setUp(s: fc.Scheduler, options: { movable?: boolean } = {}) {
  const { plain, won, delayed } = scheduled(s, options)
  const base = defineSession(schema, {
    flash,
    store: plain,
    clock: fakeClock(),
    cookie: { secure: false },
    autoCollect: false,
  })
  const origin = createTestClient(base)
  await origin.request((session) => {
    session.set('a', 'start')
    session.flash.set('notice', 'once')
    session.flash.add('errors', 'e1')
  })
  const racing = base.with({ store: delayed })
  /** A parallel request of the same browser. */
  const tab = () => Object.assign(createTestClient(racing), { cookie: origin.cookie })
  /** The same browser again, on a store that answers at once. */
  const later = (t: Tab): Tab => Object.assign(createTestClient(base), { cookie: t.cookie })
  /** Whoever has another cookie than the ended session's has nothing of that session's data. */
  const expectNothingOld = async (tabs: readonly Tab[]) => {
    for (const t of tabs) if (t.cookie !== origin.cookie) await later(t).request((x) => expect(x.has('a')).toBe(false))
  }
  return { origin, tab, plain, won, later, expectNothingOld }
}

// A thousand interleavings take some 7 s, and several times as long beside other work.
describe('two parallel requests, every interleaving of their store calls', { timeout: 300_000 }, () => {
  it('J3 law 1 no lost update: different keys both survive, update counts every call', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const { origin, tab } = await setUp(s)
        const all = Promise.all([
          tab().request((x) => x.set('a', '1')),
          tab().request((x) => x.set('b', '2')),
          tab().request((x) => x.update('n', (n) => n + 1)),
          tab().request((x) => {
            x.update('n', (n) => n + 1)
            x.update('log', (log) => [...log, 1])
          }),
        ])
        await s.waitFor(all)
        await origin.request((x) => expect(x.data).toEqual({ a: '1', b: '2', n: 2, log: [1] }))
      }),
      { numRuns: RUNS },
    )
  })

  it('J1 law 2 no resurrection: no writer, reader, flash or touch brings back what was destroyed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const { origin, tab, plain, expectNothingOld } = await setUp(s)
        const others: ((t: Tab) => Promise<unknown>)[] = [
          (t) => t.request((x) => x.set('b', 'late')),
          (t) => t.request((x) => x.get('a')),
          (t) => t.request((x) => x.flash.take('notice')),
          (t) => t.request((x) => x.touch()),
        ]
        const tabs = others.map(() => tab())
        await s.waitFor(
          Promise.all([tab().request((x) => x.destroy()), ...others.map((run, i) => run(tabs[i] as Tab))]),
        )
        await origin.request((x) => expect(x.isNew).toBe(true))
        await expectNothingOld(tabs)
        // A request that began after the logout may have a session of its own.
        expect(plain.size).toBe(tabs.filter((t) => t.cookie !== origin.cookie).length)
      }),
      { numRuns: RUNS },
    )
  })

  for (const movable of [true, false]) {
    it(`law 2 regenerate beside a writer and a logout (${movable ? 'store can move' : 'bare port'}): at most one record, never under the old id`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.boolean(), async (s, withLogout) => {
          const { origin, tab, plain, won, later, expectNothingOld } = await setUp(s, { movable })
          const login = tab()
          const writer = tab()
          let refused = false
          const racing: Promise<unknown>[] = [
            regenerating
              .run(true, () => login.request((x) => x.regenerate()))
              .catch((error: unknown) => {
                expect(error).toMatchObject({ code: 'ERR_SESSION_GONE' })
                refused = true
              }),
            writer.request((x) => x.update('n', (n) => n + 1)),
          ]
          if (withLogout) racing.push(tab().request((x) => x.destroy()))
          await s.waitFor(Promise.all(racing))
          await origin.request((x) => expect(x.isNew).toBe(true))
          await expectNothingOld([writer])
          const moved = login.cookie !== origin.cookie
          // A logout under way ends the session wherever the login has moved it, if it comes second.
          const alive = moved && (await later(login).request((x) => x.has('a'))).value
          if (!withLogout) expect(alive).toBe(moved)
          expect(moved).toBe(won.claim)
          if (refused) expect(moved).toBe(false)
          if (!withLogout) expect(moved).toBe(true)
          const others = writer.cookie === origin.cookie ? 0 : 1
          expect(await sizeOf(plain)).toBe((alive ? 1 : 0) + others)
        }),
        { numRuns: RUNS },
      )
    })
  }

  it('J9 law 3 a flash reaches one response, never two, and is back after a 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom(200, 500), { minLength: 2, maxLength: 4 }),
        async (s, statuses) => {
          const { origin, tab } = await setUp(s)
          const results = await s.waitFor(
            Promise.all(
              statuses.map(async (status) => {
                const { value } = await tab().request((x) => x.flash.take('notice'), { status })
                return { status, value }
              }),
            ),
          )
          const delivered = results.filter(({ status, value }) => status === 200 && value === 'once').length
          const { value: waiting } = await origin.request((x) => x.flash.peek('notice'))
          expect(delivered + (waiting === 'once' ? 1 : 0)).toBe(1)
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('law 3 flash.add beside takeAll: every item is delivered once or waits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const { origin, tab } = await setUp(s)
        const [, , first, second] = await s.waitFor(
          Promise.all([
            tab().request((x) => x.flash.add('errors', 'e2')),
            tab().request((x) => x.flash.add('errors', 'e3')),
            tab().request((x) => x.flash.takeAll()),
            tab().request((x) => x.flash.take('errors')),
          ]),
        )
        const { value: waiting } = await origin.request((x) => x.flash.peek('errors'))
        const seen = [...(first.value.errors ?? []), ...(second.value ?? []), ...(waiting ?? [])]
        expect(seen.sort()).toEqual(['e1', 'e2', 'e3'])
      }),
      { numRuns: RUNS },
    )
  })
})
