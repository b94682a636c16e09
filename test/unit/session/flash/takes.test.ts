import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

function setUp(options: object = {}) {
  const gone: unknown[] = []
  const clock = fakeClock()
  const hooks = { gone: () => void gone.push(1) }
  const definition = defineSession(schema, { flash, clock, hooks, store: memoryStore(), ...options })
  const client = createTestClient(definition)
  const take = async () => (await client.request((session) => session.flash.takeAll())).value
  return { clock, gone, definition, client, take }
}

describe('a channel whose waiting value no longer fits the schema', () => {
  const texts = z.object({ notice: z.object({ text: z.string() }), errors: z.array(z.object({ text: z.string() })) })

  /** A session with old values, and clients of both forms on it. */
  async function deployed() {
    const store = memoryStore()
    const old = createTestClient(defineSession(schema, { flash, store }))
    await old.request((session) => {
      session.flash.set('notice', 'old')
      session.flash.add('errors', 'old')
    })
    const client = createTestClient(defineSession(schema, { flash: texts, store }))
    client.cookie = old.cookie
    return { old, client }
  }

  it('shows what is set or added from now on', async () => {
    const { client } = await deployed()
    await client.request((session) => {
      session.flash.set('notice', { text: 'new' })
      session.flash.add('errors', { text: 'new' })
    })
    const { value } = await client.request((session) => session.flash.takeAll())
    expect(value).toEqual({ notice: { text: 'new' }, errors: [{ text: 'new' }] })
  })

  it('is empty after clear(channel), for older code too', async () => {
    const { old, client } = await deployed()
    await client.request((session) => session.flash.clear('notice'))
    expect((await old.request((session) => session.flash.takeAll())).value).toEqual({ errors: ['old'] })
  })

  it('keeps what older code queues while this request fails', async () => {
    const { old, client } = await deployed()
    await client.request((session) => session.flash.set('notice', { text: 'new' }))
    await client.request(
      async (session) => {
        await session.flash.take('notice')
        await old.request((theirs) => theirs.flash.set('notice', 'theirs'))
      },
      { status: 500 },
    )
    expect((await old.request((session) => session.flash.take('notice'))).value).toBe('theirs')
  })
})

describe('take beside other calls of its request', () => {
  it.each(['take', 'takeAll'] as const)('%s is refused once destroy has begun, and the cookie goes', async (how) => {
    const { client, gone } = setUp()
    await client.request((session) => session.flash.set('notice', 'hi'))
    const { value } = await client.request((session) =>
      Promise.allSettled([
        session.destroy(),
        how === 'take' ? session.flash.take('notice') : session.flash.takeAll(),
      ] as const),
    )
    expect(value).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'ERR_SESSION_DESTROYED' } }])
    expect([client.cookie, gone]).toEqual(['', []])
  })

  it('a session that ended elsewhere is told once, to the save before the take', async () => {
    const { client, gone } = setUp()
    await client.request((session) => session.flash.set('notice', 'hi'))
    const { cookie } = client
    await client.request(
      async (session) => {
        session.set('n', 1)
        await client.request((other) => other.destroy(), { cookie })
        const [, taken] = await Promise.all([session.save().catch(() => {}), session.flash.take('notice')])
        expect(taken).toBeUndefined()
      },
      { cookie },
    )
    expect(gone.length).toBe(1)
  })

  it('takeAll leaves what now() shows meanwhile', async () => {
    const { client } = setUp()
    await client.request((session) => session.flash.set('notice', 'stored'))
    await client.request(async ({ flash: waiting }) => {
      waiting.now('errors', ['first'])
      const all = waiting.takeAll()
      waiting.now('notice', 'second')
      expect(await all).toEqual({ notice: 'stored', errors: ['first'] })
      expect(await waiting.take('notice')).toBe('second')
    })
  })
})

describe('a list that is taken twice in one request', () => {
  it('J9 comes back whole when the response fails', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.add('errors', 'one'))
    await client.request(
      async (session) => {
        expect(await session.flash.take('errors')).toEqual(['one'])
        session.flash.add('errors', 'two')
        await session.save()
        expect(await session.flash.take('errors')).toEqual(['two'])
      },
      { status: 500 },
    )
    expect(await take()).toEqual({ errors: ['one', 'two'] })
  })

  it('is kept whole', async () => {
    const { client, take } = setUp()
    await client.request((session) => session.flash.add('errors', 'one'))
    await client.request(async (session) => {
      await session.flash.take('errors')
      session.flash.add('errors', 'two')
      await session.flash.take('errors')
      session.flash.keep('errors')
    })
    expect(await take()).toEqual({ errors: ['one', 'two'] })
  })

  it("in flashMode 'next-request' a lock shows both sweeps, and a 5xx puts both back", async () => {
    const { client, definition } = setUp({ flashMode: 'next-request' })
    await client.request((session) => session.flash.add('errors', 'one'))
    const scope = new RequestSessions()
    const request = { header: (name: string) => (name.toLowerCase() === 'cookie' ? client.cookie : undefined) }
    await scope.use(definition, request)
    await client.request((other) => other.flash.add('errors', 'two'))
    const session = await scope.use(definition, request, { lock: true })
    expect(session.flash.peek('errors')).toEqual(['one', 'two'])
    await scope.commit(500, { setCookie() {}, setHeader() {}, setDefault() {}, vary() {} })
    expect((await client.request((next) => next.flash.peek('errors'))).value).toEqual(['one', 'two'])
  })
})

it('flashMaxAge: a list waits as long as the newest of its items', async () => {
  const { client, clock, take } = setUp({ flashMaxAge: 60 })
  await client.request((session) => session.flash.add('errors', 'old'))
  clock.advance(59)
  await client.request((session) => session.flash.add('errors', 'new'))
  clock.advance(59)
  expect(await take()).toEqual({ errors: ['old', 'new'] })
})

it('flashMaxAge: what is kept waits as long as what is new', async () => {
  const { client, clock, take } = setUp({ flashMaxAge: 60 })
  await client.request((session) => session.flash.set('notice', 'saved'))
  clock.advance(59)
  await client.request(async (session) => {
    await session.flash.take('notice')
    session.flash.keep('notice')
  })
  clock.advance(59)
  expect(await take()).toEqual({ notice: 'saved' })
})
