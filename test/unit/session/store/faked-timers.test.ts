import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import type { SessionStore } from '../../../../src/stores/port.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0), user: z.string().optional() })

/** A store whose calls can be made to lose every race for a while, or never to answer. */
function setUp(
  update: (store: SessionStore, ...args: Parameters<SessionStore['update']>) => ReturnType<SessionStore['update']>,
) {
  const inner = memoryStore()
  const store = Object.assign(Object.create(inner) as typeof inner, {
    update: (...args: Parameters<SessionStore['update']>) => update(inner, ...args),
  })
  return defineSession(schema, { store, subject: 'user' })
}

describe('what waits goes on while setTimeout, performance and Date are faked', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('a commit that meets conflicts', async () => {
    let conflicts = 6
    const definition = setUp(async (inner, ...args) => (conflicts-- > 0 ? 'conflict' : inner.update(...args)))
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    await client.request((session) => session.update('n', (n) => n + 1))
    await client.request((session) => expect(session.get('n')).toBe(2))
  })

  it('requests that lock one session, and one whose lock never gets free', async () => {
    const inner = memoryStore()
    const definition = defineSession(schema, { store: inner, storeTimeout: 60 })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 0))
    const add = () =>
      client.request(async (_, reopen) => {
        const session = await reopen({ lock: true })
        await turn()
        session.set('n', session.get('n') + 1)
      })
    await Promise.all([add(), add(), add()])
    let free = () => {}
    const holding = client.request(async (_, reopen) => {
      await reopen({ lock: true })
      await new Promise<void>((resolve) => void (free = resolve))
    })
    await turn()
    await expect(add()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    free()
    await holding
    await client.request((session) => expect(session.get('n')).toBe(3))
  })

  it('walks over many sessions', async () => {
    const definition = defineSession(schema, { store: memoryStore() })
    const client = () => createTestClient(definition)
    for (let i = 0; i < 3000; i++) await client().request((session) => session.set('n', i))
    expect(await definition.destroyAll()).toBe(3000)
  })
})

describe('what waits for a timer that is faked', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const never = () => new Promise<never>(() => {})

  it('the test client says why a request does not end', async () => {
    const client = createTestClient(setUp(never))
    const handler = client.request(() => new Promise<void>((resolve) => void setTimeout(resolve, 1)))
    await expect(handler).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringMatching(/has not ended within 4 s, and setTimeout is faked.*toFake: \['Date'\]/),
    })
  })

  it('a store that never answers is late by the real clock too, and the error says why', async () => {
    const definition = setUp(never).with({ storeTimeout: 50 })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    await expect(client.request((session) => session.set('n', 2))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE_TIMEOUT',
      message: expect.stringContaining('setTimeout is faked'),
    })
  })

  it('a call under way when the test moves the time on says so; with real timers nothing is said of it', async () => {
    const client = createTestClient(setUp(never).with({ storeTimeout: 1000 }))
    await client.request((session) => session.set('n', 1))
    const moved = client.request((session) => session.set('n', 2)).catch((error: unknown) => error)
    await turn()
    await vi.advanceTimersByTimeAsync(1100)
    expect(String(await moved)).toContain('setTimeout is faked')
    vi.useRealTimers()
    const real = createTestClient(setUp(never).with({ storeTimeout: 20 }))
    await real.request((session) => session.set('n', 1))
    await expect(real.request((session) => session.set('n', 2))).rejects.not.toThrow('faked')
  })

  it('a time-out that began with faked timers goes on when they are real again', async () => {
    const client = createTestClient(setUp(never).with({ storeTimeout: 50 }))
    await client.request((session) => session.set('n', 1))
    const waiting = client.request((session) => session.set('n', 2))
    await turn()
    vi.useRealTimers()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_SESSION_STORE_TIMEOUT' })
  })
})
