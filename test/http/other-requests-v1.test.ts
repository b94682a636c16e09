import * as h3v1 from 'h3'
import { afterEach, describe, expect, it } from 'vitest'
import { type H3EventLike, installSessions } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { inTime } from './edge-kit.js'
import {
  asV1,
  cookieOf,
  define,
  direct,
  type Handler,
  overNode,
  type Site,
  useReadonlySession,
  useSession,
} from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

describe('h3 v1: a sub-request that is given the context of another request', () => {
  it('has sessions of its own: it acts by its own cookie, and the outer one can still write', async () => {
    const store = memoryStore()
    const definition = define(store)
    const app = h3v1.createApp()
    installSessions(app)
    const web = h3v1.toWebHandler(app)
    const on = (path: string, handler: Handler) => app.use(path, h3v1.eventHandler(handler as never))
    on('/login', async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok'))
    on('/inner', async (event) => (await useSession(event, definition)).get('user') ?? '-')
    const outer = (headers: (event: h3v1.H3Event) => Record<string, string>) => async (event: H3EventLike) => {
      const session = await useSession(event, definition)
      const request = new Request('http://localhost/inner', { headers: headers(asV1(event)) })
      const text = await (await web(request, event.context as never)).text()
      session.update('count', (count) => count + 1)
      return `${text} ${session.get('count')}`
    }
    on(
      '/anonymous',
      outer(() => ({})),
    )
    on(
      '/same',
      outer((event) => ({ cookie: event.headers.get('cookie') ?? '' })),
    )
    for (const there of [direct(web), (site = await overNode(h3v1.toNodeListener(app)))]) {
      const cookie = cookieOf(await there.get('/login'))
      expect((await there.get('/anonymous', cookie)).text).toBe('- 1')
      expect((await there.get('/same', cookie)).text).toBe('ada 2')
    }
  })
})

describe('h3 v1: an app mounted as a node listener', () => {
  it.each(['outer', 'both'] as const)(
    'answers as by itself, and shares the session; installed on %s',
    async (where) => {
      const store = memoryStore()
      const definition = define(store)
      const [app, sub] = [h3v1.createApp(), h3v1.createApp()]
      installSessions(app)
      if (where === 'both') installSessions(sub)
      app.use(h3v1.eventHandler(async (event) => (await useSession(event, definition)).set('a', 1)))
      const on = (path: string, answer: (event: h3v1.H3Event) => unknown) =>
        sub.use(
          path,
          h3v1.eventHandler(async (event) => {
            ;(await useSession(event, definition)).set('b', 2)
            return answer(event) as never
          }),
        )
      on('/value', () => 'x')
      on('/redirect', (event) => h3v1.sendRedirect(event, '/x'))
      on('/raw', (event) => void event.node.res.end('x'))
      on('/fails', () => Promise.reject(h3v1.createError({ statusCode: 418 })))
      app.use('/sub', h3v1.fromNodeMiddleware(h3v1.toNodeListener(sub)))
      app.use(
        '/read',
        h3v1.eventHandler(async (event) => {
          const { data } = await useReadonlySession(event, definition)
          return [data.a, data.b]
        }),
      )
      for (const there of [direct(h3v1.toWebHandler(app)), (site = await overNode(h3v1.toNodeListener(app)))]) {
        for (const [path, status] of Object.entries({ value: 200, redirect: 302, raw: 200, fails: 418 })) {
          const records = store.size
          const reply = await inTime(there.get(`/sub/${path}`))
          expect([path, reply.status, store.size - records]).toEqual([path, status, 1])
          expect(JSON.parse((await there.get('/read', cookieOf(reply))).text)).toEqual([1, 2])
        }
      }
    },
  )
})
