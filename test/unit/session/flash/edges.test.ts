import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const flash = z.object({ notice: z.string(), errors: z.array(z.string()).max(3) })

function setUp(options: object = {}) {
  const clock = fakeClock()
  const store = memoryStore()
  const definition = defineSession(schema, { flash, clock, store, ...options })
  const client = createTestClient(definition)
  const take = async () => (await client.request((session) => session.flash.takeAll())).value
  return { clock, store, definition, client, take }
}

describe('a response that failed has delivered nothing (law 3)', () => {
  it('also when save() has kept the changes', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.set('notice', 'hi'))
    await client.request(
      async (session) => {
        session.set('n', 1)
        expect(await session.flash.take('notice')).toBe('hi')
        await session.save()
      },
      { status: 500 },
    )
    expect((await client.request((session) => session.get('n'))).value).toBe(1)
    expect(await take()).toEqual({ notice: 'hi' })
  })

  it("also in flashMode 'next-request'", async () => {
    const { client } = setUp({ flashMode: 'next-request' })
    await client.request((session) => session.flash.set('notice', 'hi'))
    await client.request((session) => expect(session.flash.peek('notice')).toBe('hi'), { status: 500 })
    await client.request((session) => expect(session.flash.peek('notice')).toBe('hi'))
    await client.request((session) => expect(session.flash.has('notice')).toBe(false))
  })

  it('what was taken, kept and saved is not doubled', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.add('errors', 'one'))
    await client.request(
      async (session) => {
        await session.flash.take('errors')
        session.flash.keep('errors')
        await session.save()
      },
      { status: 500 },
    )
    expect(await take()).toEqual({ errors: ['one'] })
  })

  it('what was taken and kept is not doubled when the commit fails', async () => {
    const { client, store, take } = setUp()
    await client.request((session) => session.flash.add('errors', 'one'))
    const { update } = store
    const failed = client.request(async (session) => {
      await session.flash.take('errors')
      session.flash.keep('errors')
      store.update = () => {
        store.update = update
        return Promise.reject(new Error('down'))
      }
    })
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(await take()).toEqual({ errors: ['one'] })
  })

  it('is put back beside what another request has changed and added meanwhile', async () => {
    const { client, definition, take } = setUp()
    await client.request((session) => {
      session.flash.set('notice', 'hi')
      session.flash.add('errors', 'one')
    })
    const { cookie } = client
    await client.request(
      async (session) => {
        await session.flash.takeAll()
        const other = createTestClient(definition)
        await other.request((theirs) => (theirs.set('n', 5), theirs.flash.add('errors', 'two')), { cookie })
      },
      { status: 500 },
    )
    expect((await client.request((session) => session.get('n'))).value).toBe(5)
    expect(await take()).toEqual({ notice: 'hi', errors: ['one', 'two'] })
  })

  it('is put back under the new id of a request that regenerated', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.set('notice', 'hi'))
    await client.request((session) => session.regenerate({ keep: [] }))
    await client.request((session) => session.rotate())
    await client.request(
      async (session) => {
        expect(await session.flash.take('notice')).toBe('hi')
        await session.regenerate()
      },
      { status: 500 },
    )
    expect(await take()).toEqual({ notice: 'hi' })
  })

  it('a pending message that was taken is dropped, a saved one is put back', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.set('n', 1))
    for (const saved of [false, true]) {
      await client.request(
        async (session) => {
          session.flash.set('notice', 'new')
          if (saved) await session.save()
          expect(await session.flash.take('notice')).toBe('new')
        },
        { status: 500 },
      )
      expect(await take()).toEqual(saved ? { notice: 'new' } : {})
    }
  })

  it('is put back when another session of the request cannot be stored', async () => {
    const { client, definition, take } = setUp()
    await client.request((session) => session.flash.set('notice', 'hi'))
    const broken = memoryStore()
    broken.create = () => Promise.reject(new Error('down'))
    const other = defineSession(schema, { name: 'other', store: broken })
    const request = { header: (name: string) => (name.toLowerCase() === 'cookie' ? client.cookie : undefined) }
    const scope = new RequestSessions()
    expect(await (await scope.use(definition, request)).flash.take('notice')).toBe('hi')
    ;(await scope.use(other, request)).set('n', 1)
    await expect(
      scope.commit(200, { setCookie() {}, setHeader() {}, setDefault() {}, vary() {} }),
    ).rejects.toMatchObject({ status: 503 })
    expect(await take()).toEqual({ notice: 'hi' })
  })
})

describe('flash.keep', () => {
  it('carries a taken message over one more request only', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.set('notice', 'hi'))
    await client.request(async (session) => {
      await session.flash.take('notice')
      session.flash.keep('notice')
    })
    expect(await take()).toEqual({ notice: 'hi' })
    expect(await take()).toEqual({})
  })

  it.each(['before', 'after'] as const)('twice is once, and in front of what is added %s it', async (when) => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.add('errors', 'one'))
    await client.request(async (session) => {
      await session.flash.take('errors')
      if (when === 'before') session.flash.add('errors', 'two')
      session.flash.keep('errors')
      session.flash.keep('errors')
      if (when === 'after') session.flash.add('errors', 'two')
    })
    expect(await take()).toEqual({ errors: ['one', 'two'] })
  })
})

describe('flash.now', () => {
  it('over a waiting message: each is taken once, and the waiting one is not swallowed unseen', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.set('notice', 'waiting'))
    await client.request(async (session) => {
      session.flash.now('notice', 'now')
      expect(await session.flash.take('notice')).toBe('now')
      expect(await session.flash.take('notice')).toBe('waiting')
    })
    await client.request((session) => session.flash.set('notice', 'waiting'))
    await client.request(async (session) => {
      session.flash.now('notice', 'now')
      expect(await session.flash.takeAll()).toEqual({ notice: 'now' })
    })
    expect(await take()).toEqual({ notice: 'waiting' })
  })

  it('costs no store call and no cookie', async () => {
    const { client, store } = setUp()
    const { setCookies } = await client.request(async (session) => {
      session.flash.now('notice', 'now')
      expect(await session.flash.take('notice')).toBe('now')
      expect(await session.flash.take('notice')).toBeUndefined()
    })
    expect([setCookies, store.size]).toEqual([[], 0])
  })
})

describe('flash.add (M051)', () => {
  it('refuses an item too many for the channel, and what waits stays', async () => {
    const { client, take } = setUp()
    await client.request((session) => {
      for (const item of ['one', 'two', 'three']) session.flash.add('errors', item)
    })
    await client.request((session) => {
      expect(() => session.flash.add('errors', 'four')).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_VALIDATION' }),
      )
    })
    expect(await take()).toEqual({ errors: ['one', 'two', 'three'] })
  })

  it('law 1 parallel requests lose none', async () => {
    const { client, definition, take } = setUp()
    await client.request((session) => session.set('n', 1))
    const { cookie } = client
    const add = (item: string) =>
      createTestClient(definition).request((session) => session.flash.add('errors', item), { cookie })
    await Promise.all(['1', '2', '3'].map(add))
    expect((await take()).errors?.toSorted()).toEqual(['1', '2', '3'])
  })
})

describe('a flash and the rest of the session', () => {
  it('flashMaxAge counts to the second', async () => {
    const { client, clock, take } = setUp({ flashMaxAge: 60 })
    await client.request((session) => session.flash.set('notice', 'hi'))
    clock.advance(59)
    await client.request((session) => expect(session.flash.has('notice')).toBe(true))
    clock.advance(1)
    expect(await take()).toEqual({})
  })

  it('the goodbye after a logout is the only one that the new session has', async () => {
    const { client, take } = setUp()
    await client.request((session) => (session.set('n', 5), session.flash.set('notice', 'old')))
    await client.request(async (session, reopen) => {
      await session.destroy()
      ;(await reopen()).flash.set('notice', 'bye')
    })
    expect((await client.request((session) => session.get('n'))).value).toBe(0)
    expect(await take()).toEqual({ notice: 'bye' })
  })

  it('clear() drops those before it, not those after it (M031)', async () => {
    const { client, take } = setUp()
    await client.request((session) => (session.set('n', 5), session.flash.set('notice', 'old')))
    await client.request((session) => {
      session.clear()
      session.flash.set('notice', 'new')
    })
    expect((await client.request((session) => session.has('n'))).value).toBe(false)
    expect(await take()).toEqual({ notice: 'new' })
  })
})
