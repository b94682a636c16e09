import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import {
  asV1,
  asV2,
  cookieOf,
  define,
  type Edge,
  edges,
  type Handler,
  type Site,
  sleep,
  useReadonlySession,
  useSession,
} from './harness.js'

type Answers = Readonly<Record<string, Handler>>
type Opened = Awaited<ReturnType<typeof open>>

/** What the record of a visitor holds, as the next request sees it. */
const before = { user: 'ann', a: 1, b: null, count: 0, notice: 'old' }
type Change = Partial<Record<keyof typeof before, unknown>>

/** What has become of the id: as it was, told again with another lifetime, replaced, or ended. */
type Outcome = ['same' | 'renewed' | 'replaced', Change] | ['ended']

interface Row {
  readonly name: string
  readonly act: (session: Opened, reopen: () => Promise<Opened>) => unknown
  readonly below500: Outcome
  readonly from500: Outcome
}

const dropped: Outcome = ['same', {}]
const kept = { user: null, notice: 'old' }

const rows: readonly Row[] = [
  { name: 'set', act: (session) => session.set('a', 2), below500: ['same', { a: 2 }], from500: dropped },
  {
    name: 'update',
    act: (session) => session.update('count', (count) => count + 1),
    below500: ['same', { count: 1 }],
    from500: dropped,
  },
  { name: 'delete', act: (session) => session.delete('a'), below500: ['same', { a: null }], from500: dropped },
  {
    name: 'clear',
    act: (session) => session.clear(),
    below500: ['same', { user: null, a: null, notice: null }],
    from500: dropped,
  },
  {
    name: 'flash-set',
    act: (session) => session.flash.set('notice', 'new'),
    below500: ['same', { notice: 'new' }],
    from500: dropped,
  },
  {
    name: 'flash-take',
    act: (session) => session.flash.take('notice'),
    below500: ['same', { notice: null }],
    from500: dropped,
  },
  { name: 'remember', act: (session) => session.remember(86_400), below500: ['renewed', {}], from500: dropped },
  {
    name: 'save',
    act: async (session) => {
      session.set('a', 2)
      await session.save()
      session.set('b', 9)
    },
    below500: ['same', { a: 2, b: 9 }],
    from500: ['same', { a: 2 }],
  },
  ...(['regenerate', 'rotate'] as const).map(
    (how): Row => ({
      name: how,
      act: async (session) => {
        session.set('a', 2)
        await session[how]()
      },
      below500: ['replaced', { a: 2 }],
      from500: ['replaced', {}],
    }),
  ),
  {
    name: 'regenerate-keep',
    act: async (session) => {
      session.set('a', 2)
      session.set('b', 2)
      await session.regenerate({ keep: ['a'] })
    },
    below500: ['replaced', { ...kept, a: 2 }],
    from500: ['replaced', kept],
  },
  { name: 'destroy', act: (session) => session.destroy(), below500: ['ended'], from500: ['ended'] },
  {
    name: 'goodbye',
    act: async (session, reopen) => {
      await session.destroy()
      ;(await reopen()).flash.set('notice', 'bye')
    },
    below500: ['replaced', { user: null, a: null, notice: 'bye' }],
    from500: ['ended'],
  },
  {
    name: 'many-steps',
    act: async (session, reopen) => {
      await session.regenerate()
      await session.rotate()
      session.set('a', 3)
      await session.save()
      await session.destroy()
      const fresh = await reopen()
      fresh.set('b', 4)
      await fresh.save()
      await fresh.regenerate()
      fresh.set('a', 5)
    },
    below500: ['replaced', { user: null, a: 5, b: 4, notice: null }],
    from500: ['replaced', { user: null, a: null, b: 4, notice: null }],
  },
]

for (const edge of edges) {
  describe(`what a response stores and tells, by its status, ${edge.name}`, () => {
    const definition = define(memoryStore())
    const answers = { below500: successes(edge), from500: failures(edge) }
    let site: Site
    beforeAll(async () => {
      const routes: Record<string, Handler> = {
        '/start': async (event) => {
          const session = await open(event, definition)
          session.set('user', 'ann')
          session.set('a', 1)
          session.flash.set('notice', 'old')
          return 'ok'
        },
        '/look': async (event) => {
          const session = await useReadonlySession(event, definition)
          const [user, a, b] = [session.get('user'), session.get('a'), session.get('b')].map((value) => value ?? null)
          const notice = session.flash.peek('notice') ?? null
          return { id: session.id !== undefined, data: { user, a, b, count: session.get('count'), notice } }
        },
      }
      for (const { name, act } of rows) {
        for (const [kind, answer] of Object.entries({ ...answers.below500, ...answers.from500 })) {
          routes[`/${name}-${kind}`] = async (event) => {
            const reopen = () => open(event, definition)
            await act(await reopen(), reopen)
            return answer(event)
          }
        }
      }
      site = await edge.serve(routes)
    })
    afterAll(() => site.close())

    const look = async (cookie: string): Promise<unknown> => JSON.parse((await site.get('/look', cookie)).text)
    const isGone = async (cookie: string) => expect(await look(cookie)).toMatchObject({ id: false })

    async function check(path: string, method: string, [id, change]: Outcome) {
      const cookie = cookieOf(await site.get('/start'))
      const reply = await site.get(path, cookie, { method })
      const now = reply.cookies.length > 0 && id !== 'ended' ? cookieOf(reply) : cookie
      if (id === 'same') expect(reply.cookies).toEqual([])
      else expect(reply.headers.get('cache-control')).toBe('no-store')
      if (id === 'renewed') expect([now, reply.cookies]).toEqual([cookie, [expect.stringContaining('Max-Age=86400;')]])
      if (id === 'replaced') await isGone(cookie)
      if (id === 'ended') {
        expect(reply.cookies).toEqual([expect.stringMatching(/^session=; Max-Age=0;/)])
        await isGone(cookie)
      } else expect(await look(now)).toEqual({ id: true, data: { ...before, ...change } })
      return reply
    }

    it.each(rows)('$name: below 500 everything is stored', async ({ name, below500 }) => {
      for (const kind of Object.keys(answers.below500)) {
        for (const method of ['GET', 'HEAD', 'POST']) {
          // Nobody reads the answer to a HEAD, so the flash waits.
          const waits = name === 'flash-take' && method === 'HEAD'
          const { status } = await check(`/${name}-${kind}`, method, waits ? ['same', {}] : below500)
          expect(status).toBeLessThan(500)
        }
      }
    })

    it.each(rows)('$name: from 500 only what was done at once stays', async ({ name, from500 }) => {
      for (const kind of Object.keys(answers.from500)) {
        const { status } = await check(`/${name}-${kind}`, 'GET', from500)
        expect(status).toBe(500)
      }
    })

    it('of a new session a 500 leaves what was saved and nothing else', async () => {
      for (const kind of Object.keys(answers.from500)) {
        for (const name of ['set', 'regenerate', 'goodbye'])
          expect((await site.get(`/${name}-${kind}`)).cookies).toEqual([])
        const saved = cookieOf(await site.get(`/save-${kind}`))
        expect(await look(saved)).toMatchObject({ id: true, data: { user: null, a: 2, b: null } })
      }
    })

    it.each([
      ['thrown', thrown],
      ['returned', returned],
    ])('the cookie follows the final status, whatever was %s', async (_how, make) => {
      const entries = Object.entries(make(edge))
      const routes = entries.map(([, answer], i): [string, Handler] => [
        `/${i}`,
        async (event) => {
          ;(await open(event, definition)).set('a', 1)
          return answer(event)
        },
      ])
      const other = await edge.serve(Object.fromEntries(routes))
      try {
        for (const [i, [name]] of entries.entries()) {
          const { status, cookies } = await other.get(`/${i}`)
          expect(cookies, `${name}: ${status}`).toHaveLength(status < 500 ? 1 : 0)
        }
      } finally {
        await other.close()
      }
    })
  })
}

async function open(event: H3EventLike, definition: ReturnType<typeof define>) {
  return useSession(event, definition)
}

function httpError({ major }: Edge, code: number): Error {
  return major === 1 ? h3v1.createError({ statusCode: code }) : new h3v2.HTTPError({ status: code })
}

function raise(error: unknown): never {
  throw error
}

function successes(edge: Edge): Answers {
  return {
    value: () => ({ ok: 1 }),
    empty: () => null,
    redirect: (event) => (edge.major === 1 ? h3v1.sendRedirect(asV1(event), '/there') : h3v2.redirect('/there')),
    missing: () => raise(httpError(edge, 404)),
    stream: () => new Blob(['hi']).stream(),
  }
}

function failures(edge: Edge): Answers {
  return {
    thrown: () => raise(httpError(edge, 500)),
    plain: () => raise(new Error('boom')),
    response: () => new Response('bad', { status: 500 }),
    status: (event) => {
      if (edge.major === 1) h3v1.setResponseStatus(asV1(event), 500)
      else asV2(event).res.status = 500
      return 'bad'
    },
  }
}

function thrown({ major }: Edge): Answers {
  const values: Readonly<Record<string, () => unknown>> = {
    'a redirect Response': () => new Response(null, { status: 302, headers: { location: '/x' } }),
    'a 500 Response': () => new Response('x', { status: 500 }),
    'a string': () => 'text',
    'a number': () => 404,
    'an object with statusCode': () => ({ statusCode: 404, message: 'x' }),
    'an object with status': () => ({ status: 404 }),
    'an error with statusCode': () => Object.assign(new Error('x'), { statusCode: 404 }),
    'an error with a text as statusCode': () => Object.assign(new Error('x'), { statusCode: '404' }),
    'an error with a cause with a status': () => new Error('x', { cause: { status: 404 } }),
    'an error of h3 v1': () => h3v1.createError({ statusCode: 403 }),
    'an error of h3 v2': () => new h3v2.HTTPError({ status: 403 }),
    ...(major === 2 && { 'redirect()': () => h3v2.redirect('/x') }),
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => raise(value())]))
}

function returned(edge: Edge): Answers {
  return {
    'an Error': () => new Error('x'),
    'a 503 Response': () => new Response('x', { status: 503 }),
    undefined: () => undefined,
    'a boolean': () => true,
    bytes: () => new Uint8Array([1]),
    'a Blob': () => new Blob(['x']),
    'a promise that rejects': async () => {
      await sleep(1)
      throw new Error('late')
    },
    ...(edge.major === 1
      ? { 'sendError()': (event: H3EventLike) => h3v1.sendError(asV1(event), httpError(edge, 500)) }
      : { 'a 500 HTTPResponse': () => new h3v2.HTTPResponse('x', { status: 500 }) }),
  }
}
