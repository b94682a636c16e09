import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { installSessions } from '../../src/h3/index.js'
import type { Session } from '../../src/session/handle/session.js'
import { memoryStore } from '../../src/stores/memory.js'
import {
  asV1,
  asV2,
  cookieOf,
  define,
  direct,
  edges,
  type flash,
  overNode,
  type Site,
  type schema,
  useReadonlySession,
  useSession,
  watch,
} from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

const requestV2 = (app: { request(request: Request): Response | Promise<Response> }) =>
  direct(async (request) => app.request(request))

describe('installSessions', () => {
  it('is asked for by name where it is missing', async () => {
    const definition = define(memoryStore())
    const codes: unknown[] = []
    const handler = async (event: h3v1.H3Event | h3v2.H3Event) => {
      codes.push(
        await useSession(event, definition).catch((error: { code: string; message: string }) => [
          error.code,
          error.message.includes('installSessions(app)'),
        ]),
      )
      return (await useReadonlySession(event, definition)).get('count')
    }
    const v2 = new h3v2.H3().get('/', handler)
    const v1 = h3v1.createApp().use('/', h3v1.eventHandler(handler))
    expect((await requestV2(v2).get('/')).text).toBe('0')
    expect((await direct(h3v1.toWebHandler(v1)).get('/')).text).toBe('0')
    expect(codes).toEqual(Array.from({ length: 2 }, () => ['ERR_SESSION_NOT_INSTALLED', true]))
  })

  it('called twice does nothing more', async () => {
    const { store, calls } = watch()
    const definition = define(store)
    const v2 = new h3v2.H3()
    const v1 = h3v1.createApp()
    for (let time = 0; time < 2; time++) {
      installSessions(v2)
      installSessions(v1)
    }
    v2.get('/', async (event) => ((await useSession(event, definition)).set('a', 1), 'ok'))
    v1.use(
      '/',
      h3v1.eventHandler(async (event) => ((await useSession(event, definition)).set('a', 1), 'ok')),
    )
    expect(v2['~middleware']).toHaveLength(1)
    for (const each of [requestV2(v2), direct(h3v1.toWebHandler(v1))])
      expect((await each.get('/')).cookies).toHaveLength(1)
    expect(calls).toEqual(['create', 'create'])
  })

  it('refuses what is no app, and an app that already serves', () => {
    for (const wrong of [{}, { fetch() {} }, new Request('http://x')]) {
      expect(() => installSessions(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    }
    const app = new h3v2.H3()
    ;(app as { config: object }).config = Object.freeze(app.config)
    expect(() => installSessions(app)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('serves middleware that was registered before it', async () => {
    const definition = define(memoryStore())
    const app = new h3v2.H3()
    app.use(async (event, next) => {
      ;(await useSession(event, definition)).set('a', 1)
      return next()
    })
    installSessions(app)
    app.get('/', () => 'ok')
    const reply = await requestV2(app).get('/')
    expect([reply.status, reply.cookies.length]).toEqual([200, 1])
  })

  it("takes Nitro's app, whose onError answers by itself", async () => {
    const definition = define(memoryStore())
    const nitro = {
      hooks: {},
      h3App: h3v1.createApp({
        onError: async (error, event) => {
          h3v1.setResponseStatus(event, error.statusCode)
          await h3v1.send(event, 'sorry')
        },
      }),
    }
    installSessions(nitro)
    const change = async (event: h3v1.H3Event) => (await useSession(event, definition)).set('a', 1)
    nitro.h3App.use(
      '/ok',
      h3v1.eventHandler(async (event) => (await change(event), 'ok')),
    )
    nitro.h3App.use(
      '/missing',
      h3v1.eventHandler(async (event) => {
        await change(event)
        throw h3v1.createError({ statusCode: 404 })
      }),
    )
    site = await overNode(h3v1.toNodeListener(nitro.h3App))
    for (const [path, status, text] of [
      ['/ok', 200, 'ok'],
      ['/missing', 404, 'sorry'],
    ] as const) {
      const reply = await site.get(path)
      expect([reply.status, reply.text, reply.cookies.length]).toEqual([status, text, 1])
    }
  })

  it('keeps what the app had: hooks, onError, the websocket resolver', async () => {
    const seen: string[] = []
    const v1 = h3v1.createApp({
      onBeforeResponse: () => void seen.push('before'),
      onAfterResponse: () => void seen.push('after'),
    })
    installSessions(v1)
    v1.use(
      '/x',
      h3v1.eventHandler(() => 'ok'),
    )
    await direct(h3v1.toWebHandler(v1)).get('/x')
    expect(seen).toEqual(['before', 'after'])
    expect((await v1.resolve('/x'))?.handler).toBeTypeOf('function')
    expect(h3v1.isEventHandler(v1.handler)).toBe(true)
  })
})

describe('mounted sub-apps', () => {
  const definition = define(memoryStore())
  const set = async (event: h3v1.H3Event | h3v2.H3Event) => {
    ;(await useSession(event, definition)).set('a', 1)
    return 'sub'
  }

  it.each(['outer', 'inner', 'both'] as const)('h3 v2 mount, installed on %s', async (where) => {
    const app = new h3v2.H3()
    const sub = new h3v2.H3()
    if (where !== 'inner') installSessions(app)
    if (where !== 'outer') installSessions(sub)
    sub.get('/x', set)
    app.mount('/sub', sub)
    const reply = await requestV2(app).get('/sub/x')
    expect([reply.text, reply.cookies.length]).toEqual(['sub', 1])
  })

  it.each(['outer', 'inner', 'both'] as const)('h3 v2 mount of a fetch function, installed on %s', async (where) => {
    const app = new h3v2.H3()
    const sub = new h3v2.H3()
    if (where !== 'inner') installSessions(app)
    if (where !== 'outer') installSessions(sub)
    sub.get('/x', set)
    app.mount('/sub', sub.fetch)
    site = await overNode(h3v2.toNodeHandler(app) as never)
    const reply = await site.get('/sub/x')
    expect([reply.text, reply.cookies.length]).toEqual(['sub', 1])
  })

  it('installed on both, outer middleware and inner handler share one session', async () => {
    const watched = watch()
    const shared = define(watched.store)
    const outer = async (event: h3v1.H3Event | h3v2.H3Event) => (await useSession(event, shared)).set('a', 1)
    const inner = async (event: h3v1.H3Event | h3v2.H3Event) => {
      const session = await useSession(event, shared)
      session.set('b', 2)
      return session.data
    }
    const app2 = new h3v2.H3()
    const sub2 = new h3v2.H3()
    const app1 = h3v1.createApp()
    const sub1 = h3v1.createApp()
    for (const app of [app2, sub2, app1, sub1]) installSessions(app)
    app2.use(async (event, next) => {
      await outer(event)
      return next()
    })
    sub2.get('/x', inner)
    app2.mount('/sub', sub2)
    app1.use(h3v1.eventHandler(outer))
    sub1.use('/x', h3v1.eventHandler(inner))
    app1.use('/sub', sub1 as never)
    for (const each of [requestV2(app2), direct(h3v1.toWebHandler(app1))]) {
      watched.calls.length = 0
      const reply = await each.get('/sub/x')
      expect([JSON.parse(reply.text), reply.cookies.length, watched.calls]).toEqual([
        { theme: 'light', count: 0, a: 1, b: 2 },
        1,
        ['create'],
      ])
    }
  })

  it.each(['outer', 'inner', 'both'] as const)('h3 v1 nested app and useBase, installed on %s', async (where) => {
    const app = h3v1.createApp()
    const sub = h3v1.createApp()
    if (where !== 'inner') installSessions(app)
    if (where !== 'outer') installSessions(sub)
    const router = h3v1.createRouter().get('/x', h3v1.eventHandler(set))
    sub.use('/x', h3v1.eventHandler(set))
    app.use('/sub', sub as never)
    if (where !== 'inner') app.use('/base', h3v1.useBase('/base', router.handler))
    for (const each of [direct(h3v1.toWebHandler(app)), (site = await overNode(h3v1.toNodeListener(app)))]) {
      for (const path of where === 'inner' ? ['/sub/x'] : ['/sub/x', '/base/x']) {
        const reply = await each.get(path)
        expect([path, reply.text, reply.cookies.length]).toEqual([path, 'sub', 1])
      }
    }
  })
})

it('one context object for two parallel requests mixes up no sessions', async () => {
  const definition = define(memoryStore())
  const app = new h3v2.H3()
  installSessions(app)
  app.get(
    '/login/:name',
    async (event) => ((await useSession(event, definition)).set('user', event.context.params?.['name'] ?? ''), 'ok'),
  )
  app.get('/read', async (event) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return (await useSession(event, definition)).get('user') ?? '-'
  })
  const [ada, bob] = [await requestV2(app).get('/login/ada'), await requestV2(app).get('/login/bob')].map((reply) =>
    cookieOf(reply),
  )
  const context = {}
  const replies = await Promise.all(
    [ada, bob, ''].map(async (cookie = '') => app.request('/read', { headers: { cookie } }, context)),
  )
  expect(await Promise.all(replies.map((reply) => reply.text()))).toEqual(['ada', 'bob', '-'])
})

it('header transports vary by their own header', async () => {
  for (const edge of edges) {
    const definition = define(memoryStore(), {
      transport: {
        read: (request) => request.header('x-session-id'),
        write: (response, id) => response.setHeader('x-session-id', id),
        clear: (response) => response.setHeader('x-session-id', ''),
      },
    })
    const there = await edge.serve({
      '/write': async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok'),
      '/read': async (event) => (await useSession(event, definition)).get('user') ?? '-',
    })
    const reply = await there.get('/write')
    expect([reply.headers.get('vary'), reply.cookies]).toEqual(['x-session-id', []])
    const again = await there.get('/read', undefined, {
      headers: { 'x-session-id': reply.headers.get('x-session-id') ?? '' },
    })
    expect(again.text).toBe('ada')
    await there.close()
  }
})

it('useSession infers the session from the definition, for the events of both majors', () => {
  const definition = define(memoryStore())
  const one = () => useSession(asV1({} as never), definition)
  const two = () => useSession(asV2({} as never), definition)
  expectTypeOf(one).returns.resolves.toEqualTypeOf<Session<typeof schema, typeof flash>>()
  expectTypeOf(two).returns.resolves.toEqualTypeOf<Session<typeof schema, typeof flash>>()
  expectTypeOf(
    useReadonlySession(asV2({ req: { headers: new Headers() }, context: {} } as never), definition),
  ).resolves.not.toHaveProperty('set')
})
