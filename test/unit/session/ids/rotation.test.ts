import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, generateSecret, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { rotated } from './rotation-kit.js'

const schema = z.object({ userId: z.string().optional(), n: z.number().default(0) })

async function setUp(options: SessionOptions<undefined, typeof schema> = {}) {
  const store = memoryStore()
  const clock = fakeClock()
  const events: string[] = []
  const definition = defineSession(schema, {
    store,
    clock,
    subject: 'userId',
    rotateEvery: 600,
    rotateGrace: 30,
    hooks: {
      regenerated: () => void events.push('regenerated'),
      reused: ({ revoked }) => void events.push(`reused ${revoked}`),
      storeError: () => void events.push('storeError'),
    },
    ...options,
  })
  const client = createTestClient(definition)
  await client.request((session) => session.set('userId', 'ann'))
  const read = async (cookie: string) => {
    const { value, setCookies } = await client.request((session) => session.get('userId'), { cookie })
    return { user: value, setCookies }
  }
  const rotate = () => rotated(client, clock)
  return { store, clock, events, definition, client, read, rotate }
}

describe('rotateEvery (CS-18)', () => {
  it('gives a used session a new id when its own is old enough; data and clocks stay', async () => {
    const { client, clock, events } = await setUp()
    const { value: createdAt } = await client.request((session) => session.createdAt)
    const first = client.cookie
    clock.advance(599)
    await client.request((session) => session.get('n'))
    expect(client.cookie).toBe(first)
    clock.advance(1)
    await client.request((session) => session.set('n', 1))
    expect(client.cookie).not.toBe(first)
    expect(events).toEqual(['regenerated'])
    await client.request((session) => {
      expect(session.createdAt).toEqual(createdAt)
      expect([session.get('userId'), session.get('n')]).toEqual(['ann', 1])
    })
    const second = client.cookie
    clock.advance(600)
    await client.request((session) => session.get('n'))
    expect(client.cookie).not.toBe(second)
    expect((await client.request((session) => session.createdAt)).value).toEqual(createdAt)
  })

  it('for a while the old id leads to the session, and a client that missed the response learns the new one', async () => {
    const { client, clock, read, rotate } = await setUp()
    const old = await rotate()
    const current = client.cookie
    clock.advance(29)
    const { user, setCookies } = await read(old)
    expect(user).toBe('ann')
    expect(setCookies.map((line) => line.split(';')[0])).toEqual([current])
    await client.request((session) => session.set('n', 5), { cookie: old })
    client.cookie = current
    expect((await client.request((session) => session.get('n'))).value).toBe(5)
  })

  it('law 2: a session that expires during the request does not come back under a new id', async () => {
    const { store, client, clock, read, events } = await setUp({ idleTimeout: 1000 })
    const { cookie } = client
    clock.advance(999)
    store.create = () => {
      throw new Error('a record for a session that has expired')
    }
    await client.request(() => clock.advance(1))
    expect([client.cookie, events]).toEqual([cookie, []])
    expect((await read(cookie)).user).toBeUndefined()
  })

  it('law 2: nor by a new id that was stored too late', async () => {
    const { store, client, clock, read, events } = await setUp({ idleTimeout: 1000, autoCollect: false })
    const { cookie } = client
    clock.advance(600)
    const { update } = store
    store.update = (...args) => {
      clock.advance(1000)
      return update.apply(store, args)
    }
    await client.request(() => {})
    expect([client.cookie, events]).toEqual([cookie, []])
    expect((await read(cookie)).user).toBeUndefined()
    // The forward stays until it expires; it leads nowhere.
    expect(store.size).toBe(1)
  })

  it('after the grace the old id opens nothing, and its use is an event', async () => {
    const { client, clock, events, read, rotate } = await setUp()
    const old = await rotate()
    const current = client.cookie
    clock.advance(30)
    expect((await read(old)).user).toBeUndefined()
    expect(events).toEqual(['regenerated', 'reused false'])
    expect((await read(current)).user).toBe('ann')
  })

  it("onReuse 'revoke' then also ends the session", async () => {
    const { client, clock, events, read, rotate } = await setUp({ onReuse: 'revoke' })
    const old = await rotate()
    const current = client.cookie
    clock.advance(30)
    expect((await read(old)).user).toBeUndefined()
    expect(events).toEqual(['regenerated', 'reused true'])
    expect((await read(current)).user).toBeUndefined()
  })

  it('J1 a logout with the old id ends the session, within the grace and over several rotations', async () => {
    const { client, definition, read, rotate, store } = await setUp({ rotateGrace: 3600 })
    const oldest = await rotate()
    await rotate()
    const current = client.cookie
    await client.request((session) => session.destroy(), { cookie: oldest })
    expect((await read(current)).user).toBeUndefined()
    expect((await read(oldest)).user).toBeUndefined()
    expect(await definition.destroyAll()).toBe(0)
    expect(store.size).toBeLessThan(3)
  })

  it.each(['writer', 'logout'] as const)('a %s that was under way with the old id keeps its effect', async (kind) => {
    const { client, clock, definition, read } = await setUp()
    const old = client.cookie
    let release = () => {}
    const waiting = new Promise<void>((resolve) => (release = resolve))
    const slow = client.request(
      async (session) => {
        await waiting
        if (kind === 'writer') session.update('n', (n) => n + 7)
        else await session.destroy()
      },
      { cookie: old },
    )
    clock.advance(600)
    const rotated = createTestClient(definition)
    rotated.cookie = old
    await rotated.request((session) => session.get('n'))
    expect(rotated.cookie).not.toBe(old)
    release()
    await slow
    const { value } = await rotated.request((session) => session.get('n'))
    expect(value).toBe(kind === 'writer' ? 7 : 0)
    expect((await read(rotated.cookie)).user).toBe(kind === 'writer' ? 'ann' : undefined)
  })

  it('parallel requests at the moment of rotation end with one session', async () => {
    const { client, clock, definition } = await setUp()
    const old = client.cookie
    clock.advance(600)
    await Promise.all(
      Array.from({ length: 20 }, () => client.request((session) => session.update('n', (n) => n + 1), { cookie: old })),
    )
    const live = await definition.subjects.list('ann')
    expect(live.map(({ data }) => data?.n)).toEqual([20])
    const { value } = await client.request((session) => session.get('n'), { cookie: old })
    expect(value).toBe(20)
  })

  it('a login’s regenerate has no grace (ASVS 7.2.4), nor has rotate()', async () => {
    const { client, read } = await setUp()
    for (const how of ['regenerate', 'rotate'] as const) {
      const old = client.cookie
      await client.request((session) => session[how]())
      const current = client.cookie
      expect((await read(old)).user).toBeUndefined()
      client.cookie = current
    }
  })

  it('a handle from subjects.list ends the session also after a rotation', async () => {
    const { client, definition, read, rotate } = await setUp()
    const [info] = await definition.subjects.list('ann')
    await rotate()
    expect(await info?.revoke()).toBe(true)
    expect((await read(client.cookie)).user).toBeUndefined()
  })

  it('a 5xx does not rotate, and a store that fails meanwhile fails nothing', async () => {
    const { client, clock, read, store } = await setUp()
    const old = client.cookie
    clock.advance(600)
    await client.request((session) => session.get('n'), { status: 500 })
    expect(client.cookie).toBe(old)
    const { create } = store
    store.create = () => Promise.reject(new Error('down'))
    await client.request((session) => session.set('n', 3))
    expect(client.cookie).toBe(old)
    store.create = create
    expect((await read(old)).user).toBe('ann')
  })

  it('works with records that only the holder opens', async () => {
    const { clock, read, rotate } = await setUp({ secrets: generateSecret(), encrypt: { holder: true } })
    const old = await rotate()
    clock.advance(5)
    expect((await read(old)).user).toBe('ann')
  })
})

describe('the age of an id', () => {
  it('starts again with rotate() and regenerate(), and is stored', async () => {
    const { client, clock } = await setUp()
    clock.advance(500)
    await client.request((session) => session.rotate())
    const rotated = client.cookie
    clock.advance(599)
    await client.request((session) => session.get('n'))
    expect(client.cookie).toBe(rotated)
    clock.advance(1)
    await client.request((session) => session.get('n'))
    expect(client.cookie).not.toBe(rotated)
  })
})
