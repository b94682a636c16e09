import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { Movable, SessionStore, SubjectIndex } from '../../../../src/stores/port.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ userId: z.string().optional(), cart: z.string().optional() })

const NAMES = ['read', 'create', 'update', 'touch', 'destroy', 'move'] as const

/** A store whose calls, and the steps of whose listings, take effect in the order that the scheduler picks. */
function scheduledStore(tick: () => void, pick: () => Promise<unknown>, moves: boolean): SessionStore & SubjectIndex {
  const store = memoryStore()
  const bySubject = store.bySubject.bind(store)
  for (const name of NAMES) {
    const original = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>
    store[name] = (async (...args: unknown[]) => {
      await pick()
      tick()
      return original(...args)
    }) as never
  }
  store.bySubject = async function* (subject) {
    for await (const found of bySubject(subject)) {
      await pick()
      yield found
    }
  }
  // Without it a session that gets a new id is under no key for a moment.
  if (!moves) delete (store as Partial<Movable>).move
  return store
}

type Deed = 'nothing' | 'rotateEvery' | 'rotate' | 'regenerate' | 'logout'
const deeds: fc.Arbitrary<Deed> = fc.constantFrom('nothing', 'rotateEvery', 'rotate', 'regenerate', 'logout')

describe('maxPerSubject, whatever the order of store calls', () => {
  it.each(['oldest', 'refuse'] as const)(
    '%s: the number holds, and nobody leaves who may stay',
    async (onLimit) => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.integer({ min: 1, max: 3 }),
          fc.array(deeds, { maxLength: 3 }),
          fc.integer({ min: 1, max: 3 }),
          fc.boolean(),
          async (scheduler, max, allDeeds, newcomers, moves) => {
            const before = allDeeds.slice(0, max)
            let now = 1_700_000_000_000
            let scheduling = false
            const pick = () => (scheduling ? scheduler.schedule(Promise.resolve()) : Promise.resolve())
            const definition = defineSession(schema, {
              store: scheduledStore(() => now++, pick, moves),
              clock: () => now,
              subject: 'userId',
              maxPerSubject: max,
              onLimit,
              rotateEvery: 600,
              storeTimeout: 60_000,
            })
            const make = () => createTestClient(definition)
            const here = before.map((deed) => ({ deed, client: make() }))
            for (const { client } of here) await client.request((session) => session.set('userId', 'ann'))
            const coming = Array.from({ length: newcomers }, (_, i) => ({ cart: `cart ${i}`, client: make() }))
            now += here.some(({ deed }) => deed === 'rotateEvery') ? 600_000 : 1000
            for (const { cart, client } of coming) await client.request((session) => session.set('cart', cart))

            scheduling = true
            const acts = here.map(({ client, deed }) =>
              client.request((session) => {
                if (deed === 'nothing') return
                if (deed === 'logout') return session.destroy()
                if (deed === 'rotateEvery') return void session.get('cart')
                return session[deed]()
              }),
            )
            const logins = coming.map(({ client }) => client.request((session) => session.set('userId', 'ann')))
            const all = Promise.allSettled([...acts, ...logins])
            await scheduler.waitFor(all)
            scheduling = false
            const outcomes = (await all).slice(acts.length)

            const userOf = async ({ client }: { client: ReturnType<typeof make> }) =>
              (await client.request((session) => session.get('userId'))).value
            const live = (await definition.subjects.list('ann')).length
            const stayed = await Promise.all(here.map(userOf))
            const came = await Promise.all(coming.map(userOf))
            const logouts = before.filter((deed) => deed === 'logout').length
            expect(live).toBeLessThanOrEqual(max)
            expect([...stayed, ...came].filter((user) => user === 'ann')).toHaveLength(live)
            if (logouts === 0) expect(live).toBe(Math.min(max, here.length + newcomers))
            if (onLimit === 'oldest') {
              // Who was there before is older than all who came, unless it has logged in anew.
              const older = stayed.some((user, i) => user === 'ann' && before[i] !== 'regenerate')
              if (older) expect(came).toEqual(coming.map(() => 'ann'))
              for (const outcome of outcomes) expect(outcome.status).toBe('fulfilled')
              return
            }
            for (const [i, user] of stayed.entries()) if (before[i] !== 'logout') expect(user).toBe('ann')
            for (const [i, outcome] of outcomes.entries()) {
              expect(came[i]).toBe(outcome.status === 'fulfilled' ? 'ann' : undefined)
              if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ERR_SESSION_LIMIT' })
              const { client, cart } = coming[i] as (typeof coming)[number]
              expect((await client.request((session) => session.get('cart'))).value).toBe(cart)
            }
          },
        ),
        { numRuns: onLimit === 'oldest' ? 300 : 60 },
      )
    },
    60_000,
  )
})
