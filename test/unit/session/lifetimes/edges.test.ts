import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore, requireRecent } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient, type TestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ user: z.string().optional(), n: z.number().default(0) })
const flash = z.object({ notice: z.string() })
const DAY = 86_400

type Client = TestClient<typeof schema, typeof flash>
type Handle = Parameters<Parameters<Client['request']>[0]>[0]

function setUp(options: object = {}) {
  const clock = fakeClock()
  const definition = defineSession(schema, { store: memoryStore(), clock, flash, ...options })
  return { clock, definition, client: createTestClient(definition) }
}

async function login(options: object = {}) {
  const { clock, client } = setUp(options)
  await client.request((session) => session.set('user', 'ann'))
  return { clock, client, user: async () => (await client.request((session) => session.get('user'))).value }
}

describe('remember (D5, M063)', () => {
  it('false after days counts from now: the session does not end in the past', async () => {
    const { clock, client, user } = await login()
    await client.request((session) => session.remember(30 * DAY))
    clock.advance(2 * DAY)
    const { value } = await client.request((session) => {
      session.remember(false)
      return session.expiresAt.getTime() - clock()
    })
    expect(value).toBe(3600 * 1000)
    clock.advance(3599)
    expect(await user()).toBe('ann')
  })

  it('alone changes nothing in a session that holds nothing, and stores nothing', async () => {
    const { client } = setUp()
    const { value, setCookies } = await client.request((session) => (session.remember(100), session.changed))
    expect([value, setCookies]).toEqual([false, []])
  })

  it('false in the same request leaves a cookie that ends with the browser', async () => {
    const { client } = setUp()
    const { setCookies } = await client.request((session) => {
      session.set('user', 'ann')
      session.remember(30 * DAY)
      session.remember(false)
    })
    expect(setCookies).toEqual([expect.not.stringMatching(/max-age/i)])
  })

  it.each(['before', 'after', 'in an earlier request than'] as const)(
    '%s regenerate: one cookie, with a new id and Max-Age',
    async (order) => {
      const { client } = await login()
      if (order === 'in an earlier request than') await client.request((session) => session.remember(30 * DAY))
      const { cookie } = client
      const { setCookies } = await client.request(async (session) => {
        if (order === 'before') session.remember(30 * DAY)
        await session.regenerate()
        if (order === 'after') session.remember(30 * DAY)
      })
      expect(setCookies).toEqual([expect.stringContaining(`Max-Age=${30 * DAY};`)])
      expect(client.cookie).not.toBe(cookie)
    },
  )

  it('and setExpiry take whole seconds up to 400 days (C-7)', async () => {
    const { client } = setUp()
    await client.request((session) => {
      for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 400 * DAY + 1]) {
        const refusal = expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })
        expect(() => session.remember(bad), `remember(${bad})`).toThrow(refusal)
        expect(() => session.setExpiry(bad), `setExpiry(${bad})`).toThrow(refusal)
      }
      expect(session.changed).toBe(false)
      session.set('user', 'ann')
      session.remember(400 * DAY)
    })
    expect(client.cookie).not.toBe('')
  })
})

describe('the deadlines', () => {
  it('touch() renews the session and its persistent cookie though the last use is recent', async () => {
    const { clock, client, user } = await login({ idleTimeout: 1000, cookie: { persistent: true } })
    clock.advance(50)
    expect((await client.request((session) => session.get('user'))).setCookies).toEqual([])
    const { setCookies } = await client.request((session) => session.touch())
    expect(setCookies).toEqual([expect.stringContaining('Max-Age=1000;')])
    clock.advance(999)
    expect(await user()).toBe('ann')
    clock.advance(1000)
    expect(await user()).toBeUndefined()
  })

  it('M069 a session in use slides, up to maxAge and not a second further', async () => {
    const { clock, user } = await login({ idleTimeout: 1000, maxAge: 2500 })
    for (const seconds of [600, 600, 600, 600, 99]) {
      clock.advance(seconds)
      expect(await user()).toBe('ann')
    }
    clock.advance(1)
    expect(await user()).toBeUndefined()
  })

  it('a session that began with a shorter idle time than touchAfter is by now is renewed by its use', async () => {
    const clock = fakeClock()
    const before = defineSession(z.object({ n: z.number().default(0) }), {
      store: memoryStore(),
      clock,
      idleTimeout: 300,
      cookie: { secure: false },
    })
    const client = createTestClient(before)
    await client.request((session) => session.set('n', 1))
    const { cookie } = client
    const after = createTestClient(before.with({ idleTimeout: 3600 }))
    for (let minute = 0; minute < 30; minute++) {
      clock.advance(60)
      expect((await after.request((session) => session.get('n'), { cookie })).value).toBe(1)
    }
  })

  it('a touchAfter that would let a session in use end is refused', () => {
    for (const touchAfter of [60, 61])
      expect(() => setUp({ idleTimeout: 60, touchAfter })).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
      )
    expect(setUp({ idleTimeout: 60, touchAfter: 59 }).definition.name).toBe('session')
  })

  it('a clock that jumps back and forth loses nothing', async () => {
    const { clock, client, user } = await login()
    clock.advance(-100_000)
    await client.request((session) => {
      expect([session.get('user'), session.age]).toEqual(['ann', 0])
      session.set('n', 4)
    })
    expect(await user()).toBe('ann')
    clock.advance(100_000)
    expect((await client.request((session) => session.get('n'))).value).toBeDefined()
  })
})

describe('law 10 a persistent cookie lives as long as what is stored', () => {
  /** Requests of a browser that drops its cookie when Max-Age says so. */
  async function browser(options: object) {
    const { clock, client } = setUp({ cookie: { persistent: true }, ...options })
    let cookieEnds = 0
    return {
      clock,
      hasCookie: () => clock() < cookieEnds,
      async request(run: (session: Handle) => unknown, status = 200) {
        const { setCookies, value } = await client.request(run, { status })
        const seconds = /Max-Age=(\d+)/.exec(setCookies[0] ?? '')?.[1]
        if (seconds !== undefined) cookieEnds = clock() + Number(seconds) * 1000
        return value
      },
    }
  }

  it.each(['read', 'next-request'] as const)('taking a flash (%s) renews both', async (flashMode) => {
    const { clock, hasCookie, request } = await browser({ flashMode })
    await request((session) => session.set('user', 'ann'))
    clock.advance(10)
    await request((session) => session.flash.set('notice', 'x'))
    clock.advance(3000)
    await request((session) => session.flash.take('notice'))
    clock.advance(300)
    await request((session) => session.get('user'))
    clock.advance(320)
    expect(hasCookie()).toBe(true)
    expect(await request((session) => session.get('user'))).toBe('ann')
  })

  it('so does putting one back after a 5xx', async () => {
    const { clock, hasCookie, request } = await browser({})
    await request((session) => session.flash.set('notice', 'x'))
    clock.advance(3000)
    await request((session) => session.flash.take('notice'), 500)
    clock.advance(3000)
    expect(hasCookie()).toBe(true)
    expect(await request((session) => session.flash.peek('notice'))).toBe('x')
  })

  it('setExpiry shortens both (M073)', async () => {
    const { clock, hasCookie, request } = await browser({})
    await request((session) => session.set('user', 'ann'))
    await request((session) => session.setExpiry(60))
    clock.advance(59)
    expect(hasCookie()).toBe(true)
    expect(await request((session) => session.get('user'))).toBe('ann')
    clock.advance(1)
    expect(hasCookie()).toBe(false)
    expect(await request((session) => session.get('user'))).toBeUndefined()
  })
})

describe('the end of a session', () => {
  const uses: Readonly<Record<string, (session: Handle) => unknown>> = {
    get: (session) => session.get('user'),
    set: (session) => session.set('user', 'x'),
    has: (session) => session.has('user'),
    update: (session) => session.update('n', (n) => n),
    delete: (session) => session.delete('n'),
    clear: (session) => session.clear(),
    data: (session) => session.data,
    'flash.peek': (session) => session.flash.peek('notice'),
    'flash.take': (session) => session.flash.take('notice'),
    'flash.takeAll': (session) => session.flash.takeAll(),
    'flash.set': (session) => session.flash.set('notice', 'x'),
    'flash.now': (session) => session.flash.now('notice', 'x'),
    encode: (session) => session.encode(),
    save: (session) => session.save(),
    regenerate: (session) => session.regenerate(),
    rotate: (session) => session.rotate(),
    destroy: (session) => session.destroy(),
    touch: (session) => session.touch(),
    remember: (session) => session.remember(60),
    setExpiry: (session) => session.setExpiry(60),
    id: (session) => session.id,
    isNew: (session) => session.isNew,
    changed: (session) => session.changed,
    createdAt: (session) => session.createdAt,
    age: (session) => session.age,
    expiresAt: (session) => session.expiresAt,
    requireRecent: (session) => requireRecent(session, 300),
  }

  it.each(Object.entries(uses))('after destroy, %s on the old handle throws', async (_name, use) => {
    const { client } = await login()
    await client.request(async (session) => {
      await session.destroy()
      await expect((async () => use(session))()).rejects.toMatchObject({ code: 'ERR_SESSION_DESTROYED' })
    })
  })

  it('a logout that finds nothing to end leaves the cookie alone: a login beside it may have sent a new one', async () => {
    const { clock, client } = await login()
    clock.advance(4000)
    const { cookie } = client
    const { setCookies } = await client.request((session) => session.destroy())
    expect([setCookies, client.cookie]).toEqual([[], cookie])
  })
})
