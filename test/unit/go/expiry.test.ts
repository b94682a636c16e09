import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../src/index.js'
import type { SessionStore } from '../../../src/stores/port.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { countingStore } from '../../support/counting-store.js'

const schema = z.object({ n: z.number().default(0) })

function setUp(store: SessionStore = memoryStore()) {
  const clock = fakeClock()
  const definition = defineSession(schema, { store, clock, maxAge: 7200, idleTimeout: 600 })
  return { clock, definition, client: createTestClient(definition) }
}

describe('expiry', () => {
  it('M072 touch renews the idle deadline although it is fresh, and never the absolute one', async () => {
    const { store, calls } = countingStore(memoryStore())
    const { client, clock } = setUp(store)
    await client.request((s) => s.set('n', 1))
    calls.length = 0
    clock.advance(30)
    await client.request((s) => s.get('n'))
    await client.request((s) => s.touch())
    expect(calls).toEqual(['read', 'read', 'touch'])
    for (let i = 0; i < 11; i++) {
      clock.advance(599)
      await client.request((s) => s.touch())
    }
    clock.advance(580)
    await client.request((s) => expect([s.age, s.get('n')]).toEqual([7199, 1]))
    clock.advance(1)
    await client.request((s) => expect(s.isNew).toBe(true))
  })

  it('M073 K7 setExpiry sets one session’s end, whatever is done with it', async () => {
    const { client, clock } = setUp()
    await client.request((s) => {
      s.set('n', 1)
      s.setExpiry(60)
      expect(s.expiresAt.getTime()).toBe(clock() + 60_000)
    })
    clock.advance(59)
    await client.request((s) => s.touch())
    clock.advance(1)
    await client.request((s) => expect(s.isNew).toBe(true))
  })

  it('M074 K7 each session’s own end is in its record: it is the same after a restart', async () => {
    const store = memoryStore()
    const { client, clock } = setUp(store)
    await client.request((s) => {
      s.set('n', 1)
      s.setExpiry(60)
    })
    // Another process would be configured alike and know nothing else.
    const restarted = createTestClient(defineSession(schema, { store, clock, maxAge: 7200, idleTimeout: 600 }))
    clock.advance(59)
    await restarted.request((s) => expect([s.get('n'), s.expiresAt.getTime()]).toEqual([1, clock() + 1000]), {
      cookie: client.cookie,
    })
    clock.advance(1)
    await restarted.request((s) => expect(s.isNew).toBe(true), { cookie: client.cookie })
  })

  it('K3 there is no session without an end', () => {
    for (const seconds of [0, -1, Number.POSITIVE_INFINITY, 401 * 86_400]) {
      expect(() => defineSession(schema, { maxAge: seconds })).toThrow(/`maxAge`/)
      expect(() => defineSession(schema, { idleTimeout: seconds })).toThrow(/`idleTimeout`/)
    }
  })

  it('D3 what has expired is gone on the millisecond, also when the store still has it', async () => {
    const { client, clock } = setUp()
    await client.request((s) => s.set('n', 1))
    clock.advance(600)
    await client.request((s) => expect([s.get('n'), s.isNew]).toEqual([0, true]))
  })

  it('M075 M076 G2 expired records leave by themselves beside new sessions, or when told to, and no live one does', async () => {
    const count = async (store: ReturnType<typeof memoryStore>) => {
      let records = 0
      for await (const _ of store.scan('')) records++
      return records
    }
    const store = memoryStore()
    const { clock, definition } = setUp(store)
    const visit = () => createTestClient(definition).request((s) => s.set('n', 1))
    for (let i = 0; i < 5; i++) await visit()
    clock.advance(600)
    await visit()
    await expect.poll(() => count(store)).toBe(1)

    const byHand = memoryStore()
    const job = defineSession(schema, { store: byHand, clock, autoCollect: false })
    for (let i = 0; i < 5; i++) await createTestClient(job).request((s) => s.set('n', 1))
    clock.advance(3600)
    await createTestClient(job).request((s) => s.set('n', 1))
    expect(await count(byHand)).toBe(6)
    expect(await job.collectGarbage({ batch: 2 })).toBe(5)
    expect(await count(byHand)).toBe(1)
  })

  it('M077 the age counts from the login and is in the record, so no token has to carry it', async () => {
    const { client, clock } = setUp()
    await client.request((s) => s.set('n', 1))
    clock.advance(300)
    await client.request((s) => {
      expect([s.age, s.createdAt.getTime()]).toEqual([300, clock() - 300_000])
    })
  })
})
