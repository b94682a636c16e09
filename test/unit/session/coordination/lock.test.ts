import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { type UseOptions } from '../../../../src/edge/use-options.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { later } from '../../../support/later.js'

const schema = z.object({ n: z.number().default(0) })
const nowhere = { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} }

async function setUp(options: SessionOptions<undefined, typeof schema> = {}) {
  const store = memoryStore()
  const clock = fakeClock()
  const conflicts: number[] = []
  const hooks = { conflict: ({ attempt }: { attempt: number }) => void conflicts.push(attempt) }
  const definition = defineSession(schema, { store, clock, hooks, ...options })
  const client = createTestClient(definition)
  await client.request((session) => session.set('n', 0))
  const header = (name: string) => (name === 'Cookie' ? client.cookie : undefined)
  type Used = Awaited<ReturnType<typeof open>>['session']
  async function open(use: UseOptions) {
    const scope = new RequestSessions()
    return { scope, session: await scope.use(definition, { header }, use) }
  }
  async function request(use: UseOptions, handler: (session: Used) => unknown, status = 200) {
    const { scope, session } = await open(use)
    await handler(session)
    await scope.commit(status, nowhere)
  }
  return { store, clock, conflicts, definition, client, open, request }
}

describe('useSession(event, definition, { lock: true })', () => {
  it('lets one request after the other have the session, so that even read and set lose nothing', async () => {
    const { client, conflicts, request, store } = await setUp()
    const slowIncrement = async (use: UseOptions) =>
      request(use, async (session) => {
        const n = session.get('n')
        await new Promise((resolve) => setTimeout(resolve, 1))
        session.set('n', n + 1)
      })
    await Promise.all(Array.from({ length: 20 }, () => slowIncrement({ lock: true })))
    expect((await client.request((session) => session.get('n'))).value).toBe(20)
    expect(conflicts).toEqual([])
    expect(store.size, 'the lock is gone').toBe(1)
    await Promise.all(Array.from({ length: 20 }, () => slowIncrement({})))
    expect(
      (await client.request((session) => session.get('n'))).value,
      'without it this handler does lose',
    ).toBeLessThan(40)
  })

  it('frees the lock after a 5xx, after a logout, and after a failed commit', async () => {
    const { request, store, definition } = await setUp()
    await request({ lock: true }, (session) => session.set('n', 5), 500)
    expect(store.size).toBe(1)
    store.update = () => Promise.reject(new Error('down'))
    await expect(request({ lock: true }, (session) => session.set('n', 6))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    })
    expect(store.size).toBe(1)
    await request({ lock: true }, (session) => session.destroy())
    expect(store.size).toBe(0)
    await definition.close()
  })

  it('shows a waiter what the one before it did, a logout too', async () => {
    const { open, request } = await setUp()
    const first = await open({ lock: true })
    const second = open({ lock: true })
    first.session.set('n', 7)
    await first.scope.commit(200, nowhere)
    const { session, scope } = await second
    expect(session.get('n')).toBe(7)
    const third = open({ lock: true })
    await session.destroy()
    await scope.commit(200, nowhere)
    expect((await third).session.isNew).toBe(true)
    await request({ lock: true }, (other) => expect(other.isNew).toBe(true))
  })

  it('gives up within storeTimeout, and a lock whose holder died runs out', async () => {
    const { open, store } = await setUp({ storeTimeout: 30 })
    await open({ lock: true })
    await expect(open({ lock: true })).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT', status: 409 })
    expect(store.size).toBe(2)
    later(30_000)
    const { session } = await open({ lock: true })
    expect(session.get('n')).toBe(0)
  })

  it('costs a new session nothing, and a second call in the request neither', async () => {
    const { definition, open, store } = await setUp()
    const scope = new RequestSessions()
    await scope.use(definition, { header: () => undefined }, { lock: true })
    expect(store.size).toBe(1)
    const held = await open({ lock: true })
    expect(store.size).toBe(2)
    await held.scope.use(definition, { header: () => undefined }, { lock: true })
    await held.scope.commit(200, nowhere)
    expect(store.size).toBe(1)
  })
})
