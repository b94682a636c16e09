import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ user: z.string().optional(), n: z.number().default(0) })

async function setUp(onReuse: 'ignore' | 'revoke') {
  const clock = fakeClock()
  const events: string[] = []
  const definition = defineSession(schema, {
    store: memoryStore(),
    clock,
    rotateEvery: 600,
    rotateGrace: 30,
    onReuse,
    hooks: {
      reused: ({ revoked }) => void events.push(`reused ${revoked}`),
      gone: () => void events.push('gone'),
    },
  })
  const client = createTestClient(definition)
  await client.request((session) => session.set('user', 'ann'))
  const old = client.cookie
  clock.advance(600)
  /** The session gets a new id, and the grace of the old one ends. */
  const outliveGrace = async () => {
    await client.request((session) => session.get('n'))
    expect(client.cookie).not.toBe(old)
    clock.advance(31)
  }
  const look = async () => (await client.request((session) => [session.get('user'), session.get('n')])).value
  return { events, definition, client, old, outliveGrace, look }
}

describe('a request that came with the id while it was good, and ends after the grace (CS-18)', () => {
  it.each(['ignore', 'revoke'] as const)('keeps its change and is no reuse, onReuse %s', async (onReuse) => {
    const { definition, events, old, outliveGrace, look } = await setUp(onReuse)
    await createTestClient(definition).request(
      async (session) => {
        await outliveGrace()
        session.set('n', 7)
      },
      { cookie: old },
    )
    expect(events).toEqual([])
    expect(await look()).toEqual(['ann', 7])
  })

  it.each(['ignore', 'revoke'] as const)('ends the session when it is a logout (J1), onReuse %s', async (onReuse) => {
    const { definition, events, old, outliveGrace, look } = await setUp(onReuse)
    await createTestClient(definition).request(
      async (session) => {
        await outliveGrace()
        await session.destroy()
      },
      { cookie: old },
    )
    expect(events).toEqual([])
    expect(await look()).toEqual([undefined, 0])
  })

  it('one that comes after the grace is a reuse all the same', async () => {
    const { definition, events, old, outliveGrace, look } = await setUp('revoke')
    await outliveGrace()
    await createTestClient(definition).request((session) => expect(session.isNew).toBe(true), { cookie: old })
    expect(events).toEqual(['reused true'])
    expect(await look()).toEqual([undefined, 0])
  })
})
