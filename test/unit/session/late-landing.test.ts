import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../src/define.js'
import { memoryStore } from '../../../src/stores/memory.js'
import type { SessionStore } from '../../../src/stores/port.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const IDLE = 100

/** A session whose next call of that name takes until long after its deadline. */
async function setUp(slow: 'touch' | 'update' | 'move', onGone: 'ignore' | 'throw') {
  const clock = fakeClock()
  const real = memoryStore()
  const heard: string[] = []
  let late = false
  const store = new Proxy<SessionStore>(real, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (name !== slow) return member
      return async (...args: unknown[]) => {
        if (late) clock.advance(IDLE)
        return (member as (...args: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  const definition = defineSession(z.object({ n: z.number().default(0) }), {
    store,
    clock,
    onGone,
    idleTimeout: IDLE,
    cookie: { secure: false },
    autoCollect: false,
    hooks: { gone: () => heard.push('gone') },
  })
  const client = createTestClient(definition)
  await client.request((session) => session.set('n', 1))
  clock.advance(IDLE - 1)
  late = true
  return { client, real, heard }
}

describe('law 2: what arrives after the deadline brings nothing back', () => {
  it.each(['touch', 'update'] as const)('a %s that was sent in time', async (slow) => {
    const { client, real, heard } = await setUp(slow, 'ignore')
    await client.request((session) => {
      if (slow === 'update') session.set('n', 2)
    })
    expect([real.size, heard]).toEqual([0, ['gone']])
    expect((await client.request((session) => session.isNew)).value).toBe(true)
  })

  it('a new id that was asked for in time', async () => {
    const { client, real } = await setUp('move', 'ignore')
    const { cookie } = client
    await expect(client.request((session) => session.regenerate())).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect([real.size, client.cookie]).toEqual([0, cookie])
  })

  it('and who asked to hear of it does', async () => {
    const { client } = await setUp('update', 'throw')
    await expect(client.request((session) => session.set('n', 2))).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
  })
})
