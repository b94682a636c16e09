import { afterEach, describe, expect, it } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { headerTransport, requireRecent, SessionError, SeveralSessionsError } from '../../src/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import {
  cookieOf,
  define,
  edges,
  type Handler,
  type Options,
  type Reply,
  type Routes,
  type Site,
  sleep,
  useReadonlySession,
  useSession,
  watch,
} from './harness.js'

const down = () => {
  throw new Error('connection refused')
}
const fine = () => {}
const dataOf = (reply: Reply): unknown => JSON.parse(reply.text)
/** What every answer to an outage has in common. */
const outage = (reply: Reply) => [reply.status, reply.cookies, reply.headers.get('retry-after')]
const unavailable = [503, [], '5']

for (const edge of edges) {
  describe(edge.name, () => {
    let site: Site | undefined
    afterEach(() => site?.close())

    type Opened = Awaited<ReturnType<typeof open>>
    /** A site whose visitor is logged in and has a flash waiting. */
    async function start(actions: Readonly<Record<string, (session: Opened) => unknown>>, options: Options = {}) {
      const watched = watch()
      const definition = define(watched.store, options)
      const routes: Routes = {
        '/login': async (event) => {
          const session = await open(event, definition)
          session.set('user', 'ada')
          session.flash.set('notice', 'welcome')
          return 'in'
        },
        '/read': async (event) => ({ user: (await open(event, definition)).get('user') ?? null }),
        ...Object.fromEntries(
          Object.entries(actions).map(([path, act]): [string, Handler] => [
            path,
            async (event) => (await act(await open(event, definition))) ?? 'ok',
          ]),
        ),
      }
      const served = await edge.serve(routes)
      site = served
      const login = await served.get('/login')
      return { watched, definition, login, get: served.get }
    }

    it.each(['save', 'regenerate', 'rotate', 'destroy', 'take'] as const)(
      'J6: %s in an outage is a 503 with Retry-After and no cookie, and the session is there afterwards',
      async (how) => {
        const { watched, login, get } = await start({
          '/do': async (session) => {
            if (how === 'take') return session.flash.take('notice')
            session.set('a', 1)
            return session[how]()
          },
        })
        const cookie = cookieOf(login)
        watched.before = (call) => (call === 'read' ? fine() : down())
        expect(outage(await get('/do', cookie))).toEqual(unavailable)
        watched.before = fine
        expect(dataOf(await get('/read', cookie))).toEqual({ user: 'ada' })
      },
    )

    it("onStoreError 'anonymous': pages and their flashes read as empty, a write is a 503, the cookie stays good", async () => {
      const { watched, login, get } = await start(
        {
          '/page': async (session) => ({ notice: (await session.flash.take('notice')) ?? null }),
          '/all': (session) => session.flash.takeAll(),
          '/write': (session) => session.set('user', 'bob'),
        },
        { onStoreError: 'anonymous' },
      )
      const cookie = cookieOf(login)
      watched.before = down
      for (const [path, empty] of Object.entries({ '/read': { user: null }, '/page': { notice: null }, '/all': {} })) {
        const reply = await get(path, cookie)
        expect([reply.status, dataOf(reply), reply.cookies]).toEqual([200, empty, []])
      }
      expect(outage(await get('/write', cookie))).toEqual(unavailable)
      watched.before = fine
      expect(dataOf(await get('/read', cookie))).toEqual({ user: 'ada' })
      expect(dataOf(await get('/page', cookie))).toEqual({ notice: 'welcome' })
    })

    it.each(['throw', 'anonymous'] as const)(
      'an outage that begins after the load is a 503 too, onStoreError %s',
      async (onStoreError) => {
        const { watched, login, get } = await start(
          {
            '/write': (session) => {
              session.set('a', 1)
              watched.before = down
            },
          },
          { onStoreError },
        )
        const cookie = cookieOf(login)
        expect(outage(await get('/write', cookie))).toEqual(unavailable)
        watched.before = fine
        expect(dataOf(await get('/read', cookie))).toEqual({ user: 'ada' })
      },
    )

    it('law 3: a taken flash is put back when another session of the response cannot be stored', async () => {
      const watched = watch()
      const first = define(memoryStore(), { name: 'first' })
      const second = define(watched.store, { name: 'second' })
      site = await edge.serve({
        '/set': async (event) => {
          ;(await useSession(event, first)).flash.set('notice', 'hi')
          ;(await useSession(event, second)).set('a', 1)
          return 'ok'
        },
        '/take': async (event) => {
          const session = await useSession(event, first)
          ;(await useSession(event, second)).update('count', (count) => count + 1)
          return { notice: (await session.flash.take('notice')) ?? null }
        },
      })
      const set = await site.get('/set')
      const cookie = `${cookieOf(set, 'first')}; ${cookieOf(set, 'second')}`
      watched.before = (call) => (call === 'update' ? down() : fine())
      expect(outage(await site.get('/take', cookie))).toEqual(unavailable)
      watched.before = fine
      expect(dataOf(await site.get('/take', cookie))).toEqual({ notice: 'hi' })
      expect(dataOf(await site.get('/take', cookie))).toEqual({ notice: null })
    })

    it('M080 M081: of three sessions two fail: one error that holds both, and the cookie of the third', async () => {
      const stores = [watch(), watch()] as const
      for (const watched of stores) watched.before = down
      const definitions = [
        define(stores[0].store, { name: 'one' }),
        define(stores[1].store, { name: 'two' }),
        define(memoryStore(), { name: 'three' }),
      ]
      const errors: unknown[] = []
      site = await edge.serve(
        {
          '/go': async (event) => {
            for (const definition of definitions) (await useSession(event, definition)).set('a', 1)
            return 'ok'
          },
        },
        {
          onError: (error) => {
            errors.push(error instanceof SessionError ? error : error.cause)
            return undefined
          },
        },
      )
      const reply = await site.get('/go')
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5'])
      expect(reply.cookies.map((line) => line.split('=')[0])).toEqual(['three'])
      expect(errors).toEqual([expect.any(SeveralSessionsError)])
      expect(errors[0]).toMatchObject({
        code: 'ERR_SESSION_SEVERAL',
        errors: [{ code: 'ERR_SESSION_STORE' }, { code: 'ERR_SESSION_STORE' }],
      })
    })

    it('M044 D11 J15: in flashMode next-request only a page that somebody sees uses a flash up', async () => {
      const definition = define(memoryStore(), { flashMode: 'next-request' })
      site = await edge.serve({
        '/set': async (event) => ((await useSession(event, definition)).flash.set('notice', 'hi'), 'ok'),
        '/peek': async (event) => ({ notice: (await useSession(event, definition)).flash.peek('notice') ?? null }),
        '/use': async (event) => (await useSession(event, definition), 'ok'),
        '/fail': async (event) => {
          await useSession(event, definition)
          throw new Error('x')
        },
        '/keep': async (event) => ((await useSession(event, definition)).flash.keep('notice'), 'ok'),
        '/look': async (event) => ({
          notice: (await useReadonlySession(event, definition)).flash.peek('notice') ?? null,
        }),
      })
      const cookie = cookieOf(await site.get('/set'))
      const assets = ['image', 'script'].map((destination) => ({ 'sec-fetch-dest': destination }))
      const ahead = [
        { 'sec-purpose': 'prefetch' },
        { 'sec-purpose': 'prefetch;prerender' },
        { purpose: 'prefetch' },
        { 'x-sec-purpose': 'prefetch' },
      ]
      for (const headers of [...assets, ...ahead]) await site.get('/use', cookie, { headers })
      for (const method of ['HEAD', 'OPTIONS']) await site.get('/use', cookie, { method })
      for (const path of ['/look', '/fail', '/keep']) await site.get(path, cookie)
      const page = { headers: { 'sec-fetch-dest': 'document' } }
      expect(dataOf(await site.get('/peek', cookie, page))).toEqual({ notice: 'hi' })
      expect(dataOf(await site.get('/peek', cookie, page))).toEqual({ notice: null })
      const next = cookieOf(await site.get('/set'))
      await site.get('/use', next)
      expect(dataOf(await site.get('/peek', next)), 'used up without being looked at').toEqual({ notice: null })
    })

    it('J15: a flash waits for who looks at it: not HEAD, OPTIONS or a request ahead of need takes it', async () => {
      const definition = define(memoryStore())
      site = await edge.serve({
        '/set': async (event) => ((await useSession(event, definition)).flash.set('notice', 'hi'), 'ok'),
        '/take': async (event) => ({
          notice: (await (await useSession(event, definition)).flash.take('notice')) ?? null,
        }),
      })
      const cookie = cookieOf(await site.get('/set'))
      for (const method of ['HEAD', 'OPTIONS']) await site.get('/take', cookie, { method })
      for (const name of ['x-sec-purpose', 'x-moz', 'purpose'])
        expect(dataOf(await site.get('/take', cookie, { headers: { [name]: 'prefetch' } }))).toEqual({ notice: null })
      expect(dataOf(await site.get('/take', cookie))).toEqual({ notice: 'hi' })
    })

    it('a lock lets one request after the other in, and a handler that fails frees it (J3)', async () => {
      let inside = 0
      let most = 0
      const definition = define(memoryStore(), { storeTimeout: 3000 })
      site = await edge.serve({
        '/start': async (event) => ((await useSession(event, definition)).set('a', 0), 'ok'),
        '/add': async (event) => {
          const session = await useSession(event, definition, { lock: true })
          most = Math.max(most, ++inside)
          const before = session.get('a') ?? 0
          await sleep(5)
          inside--
          session.set('a', before + 1)
          return 'ok'
        },
        '/fail': async (event) => {
          await useSession(event, definition, { lock: true })
          throw new Error('x')
        },
        '/read': async (event) => ({ a: (await useSession(event, definition)).get('a') }),
      })
      const { get } = site
      const cookie = cookieOf(await get('/start'))
      expect((await get('/fail', cookie)).status).toBe(500)
      await Promise.all(Array.from({ length: 6 }, () => get('/add', cookie)))
      expect([most, dataOf(await get('/read', cookie))]).toEqual([1, { a: 6 }])
    })

    it('a stream with a read-only session costs one read, and is refused what it may not do', async () => {
      const { definition, watched, login } = await start({}, { touchAfter: 0 })
      let code: unknown
      await site?.close()
      site = await edge.serve({
        '/events': (event) =>
          new ReadableStream({
            async start(controller) {
              const session = await useReadonlySession(event, definition)
              try {
                ;(session as Opened).set('a', 1)
              } catch (error) {
                code = (error as { code: unknown }).code
              }
              controller.enqueue(new TextEncoder().encode(`data: ${session.get('user')}\n\n`))
              controller.close()
            },
          }),
      })
      watched.calls.length = 0
      const reply = await site.get('/events', cookieOf(login))
      expect([reply.text, code, watched.calls]).toEqual(['data: ada\n\n', 'ERR_SESSION_READONLY', ['read']])
      expect(reply.cookies).toEqual([])
    })

    it('useReadonlySession takes the request of a WebSocket, which has no event', async () => {
      const { definition, login } = await start({})
      const upgrade = new Request('http://localhost/', { headers: { cookie: cookieOf(login) } })
      expect((await useReadonlySession(upgrade, definition)).get('user')).toBe('ada')
      expect((await useReadonlySession(new Request('http://localhost/'), definition)).isNew).toBe(true)
    })

    it('requireRecent answers 401 to who is not logged in', async () => {
      const { login, get } = await start({ '/secret': (session) => requireRecent(session, 300) })
      expect((await get('/secret')).status).toBe(401)
      expect((await get('/secret', cookieOf(login))).status).toBe(200)
    })

    it.each([200, 500])('M007: a logout over headerTransport tells its end with status %i', async (status) => {
      const { login, get } = await start(
        {
          '/logout': async (session) => {
            await session.destroy()
            if (status === 500) throw new Error('x')
          },
        },
        { transport: headerTransport() },
      )
      const init = { headers: { 'session-id': login.headers.get('session-id') ?? '' } }
      expect(init.headers['session-id']).toHaveLength(43)
      const logout = await get('/logout', undefined, init)
      expect([logout.status, logout.headers.get('session-id')]).toEqual([status, ''])
      expect(dataOf(await get('/read', undefined, init))).toEqual({ user: null })
    })
  })
}

async function open(event: H3EventLike, definition: ReturnType<typeof define>) {
  return useSession(event, definition)
}
