import { Readable } from 'node:stream'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type H3EventLike, installSessions } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import {
  asV1,
  asV2,
  cookieOf,
  define,
  direct,
  type Edge,
  edges,
  type Handler,
  overNode,
  type Site,
  signal,
  sleep,
  useReadonlySession,
  useSession,
  watch,
} from './harness.js'

const down = () => {
  throw new Error('connection refused')
}
const names = (cookies: readonly string[]) => cookies.map((line) => line.split('=')[0]).toSorted()

/** Over node h3 v1 sets the status before it calls `onError`, in a web handler it does not. */
function sendV1(event: H3EventLike, status: number, text: string) {
  h3v1.setResponseStatus(asV1(event), status)
  return h3v1.send(asV1(event), text)
}

let site: Site | undefined
afterEach(() => site?.close())

/** A request that never ends fails the test with a word instead of by its time limit. */
function inTime<T>(reply: Promise<T>): Promise<T> {
  return Promise.race([
    reply,
    sleep(2000).then((): never => {
      throw new Error('the request hangs')
    }),
  ])
}

describe('a refused commit and what the handler returned', () => {
  const bytes = new TextEncoder().encode('hello')

  /** As the instance of an ORM's model: `destroy()` deletes its row. */
  function rowOf(calls: string[]) {
    return new (class Row {
      readonly name = 'order 7'
      async destroy() {
        calls.push('destroy')
      }
      async cancel() {
        calls.push('cancel')
      }
      async return() {
        calls.push('return')
      }
      async *[Symbol.asyncIterator]() {}
      toJSON() {
        return { name: this.name }
      }
    })()
  }

  describe.each(edges)('$name', (edge) => {
    it.each([
      ['a model', rowOf],
      ['an object whose body is a model', (calls: string[]) => ({ title: 'x', body: rowOf(calls) })],
    ])('no method of %s is called', async (_name, answer) => {
      const calls: string[] = []
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return answer(calls)
        },
      })
      expect([(await site.get('/go')).status, calls]).toEqual([503, []])
    })
  })

  describe.each(edges.filter(({ major }) => major === 2))('$name', (edge) => {
    it('an iterable is ended', async () => {
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      const ended = signal()
      async function* endless() {
        try {
          for (;;) yield bytes
        } finally {
          ended.done()
        }
      }
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return h3v2.iterable(endless())
        },
      })
      expect((await site.get('/go')).status).toBe(503)
      await inTime(ended.promise)
    })
  })
})

describe('h3 v1 over node: a handler that answers by itself while its session is being stored', () => {
  const [edge, web] = edges as readonly [Edge, Edge]
  type Res = ReturnType<typeof asV1>['node']['res']
  const unhandled: unknown[] = []
  const note = (error: unknown) => void unhandled.push(error)
  let others: NodeJS.UnhandledRejectionListener[]
  beforeEach(() => {
    unhandled.length = 0
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note)
  })
  afterEach(() => {
    process.off('unhandledRejection', note)
    for (const other of others) process.on('unhandledRejection', other)
  })

  async function answer(act: (res: Res) => void) {
    const watched = watch()
    watched.before = () => sleep(10)
    const definition = define(watched.store)
    const run = async (event: H3EventLike) => {
      act(asV1(event).node.res)
      await sleep(40)
    }
    site = await edge.serve({
      '/session': async (event) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        await run(event)
      },
      '/plain': run,
    })
    const plain = await inTime(site.get('/plain'))
    const reply = await inTime(site.get('/session'))
    await sleep(5)
    expect(unhandled).toEqual([])
    return { plain, reply }
  }

  it.each<[string, (res: Res) => void]>([
    [
      'asks headersSent before each writeHead',
      (res) => {
        for (const chunk of ['one ', 'two']) {
          if (!res.headersSent) res.writeHead(200, { 'content-type': 'text/plain' })
          res.write(chunk)
        }
        res.end()
      },
    ],
    [
      'asks headersSent after the end',
      (res) => {
        res.write('one ')
        res.end('two')
        if (!res.headersSent) res.writeHead(500, { 'x-late': '1' }).end('oops')
      },
    ],
    ['ends in the callback of a write', (res) => void res.write('one ', () => res.end('two'))],
  ])('that %s answers as without a session', async (_name, act) => {
    const { plain, reply } = await answer(act)
    expect([plain.status, plain.text]).toEqual([200, 'one two'])
    expect([reply.status, reply.text, reply.cookies.length, reply.headers.get('x-late')]).toEqual([
      200,
      'one two',
      1,
      null,
    ])
  })

  it.each<[string, (res: Res) => void]>([
    ['writes a number', (res) => void res.write(123 as never)],
    ['ends with an object', (res) => void res.end({} as never)],
    ['has a status that does not exist', (res) => void res.writeHead(99)],
  ])('that %s is a 500, as without a session', async (_name, act) => {
    const { plain, reply } = await answer(act)
    expect([plain.status, reply.status]).toEqual([500, 500])
  })

  it('that fails behind a part of its answer is cut off, not left hanging', async () => {
    const definition = define(memoryStore())
    const routes = {
      '/go': async (event: H3EventLike) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        const { res } = asV1(event).node
        res.writeHead(200)
        res.write('one ')
        res.write(123 as never)
        await sleep(40)
      },
    }
    site = await edge.serve(routes)
    expect(await inTime(site.get('/go').catch(() => 'cut off'))).toBe('cut off')
    // Of a web handler's response nothing has left yet.
    const { status, text } = await inTime((await web.serve(routes)).get('/go'))
    expect([status, text]).toEqual([500, ''])
    expect(unhandled).toEqual([])
  })
})

describe.each(edges)('$name: a transport that cannot write', (edge) => {
  it.each([false, true])('is a 500, not a hanging request; with an onError of the app: %s', async (custom) => {
    const definition = define(memoryStore(), {
      transport: {
        read: () => undefined,
        write: down,
        clear() {},
      },
    })
    const onError = (_error: Error, event: H3EventLike) =>
      edge.major === 2 ? new Response('sorry', { status: 500 }) : sendV1(event, 500, 'sorry')
    site = await edge.serve(
      { '/go': async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok') },
      custom ? { onError } : {},
    )
    const reply = await inTime(site.get('/go'))
    expect(reply.status).toBe(500)
    if (custom) expect(reply.text).toBe('sorry')
  })
})

describe.each(edges)('$name: what read a session says Vary', (edge) => {
  const bytes = new TextEncoder().encode('x')
  const answers: Readonly<Record<string, Handler>> =
    edge.major === 1
      ? {
          'a value': () => 'hi',
          'a Response': () => new Response('x'),
          'a node stream': () => Readable.from(['x']),
          sendRedirect: (event) => h3v1.sendRedirect(asV1(event), '/x', 301),
          send: (event) => h3v1.send(asV1(event), 'hi'),
          'res.end': (event) => void asV1(event).node.res.end('hi'),
          sendStream: (event) => h3v1.sendStream(asV1(event), new Blob(['x']).stream() as never),
          sendNoContent: (event) => h3v1.sendNoContent(asV1(event)),
          sendIterable: (event) => h3v1.sendIterable(asV1(event), [bytes, bytes]),
        }
      : {
          'a value': () => 'hi',
          'a Response': () => new Response('x'),
          'a 404 Response': () => new Response('x', { status: 404 }),
          'a stream': () => new Blob(['x']).stream(),
          redirect: () => h3v2.redirect('/x', 301),
          noContent: () => h3v2.noContent(),
          'a thrown 404': () => Promise.reject(new h3v2.HTTPError({ status: 404 })),
          'a thrown 302': () => Promise.reject(new h3v2.HTTPError({ status: 302, headers: { location: '/x' } })),
          'a returned 302 error': () => new h3v2.HTTPError({ status: 302, headers: { location: '/x' } }),
        }

  for (const [use, open] of Object.entries({ useSession, useReadonlySession })) {
    it.each(Object.entries(answers))(`${use}, %s`, async (_name, answer) => {
      const definition = define(memoryStore())
      site = await edge.serve({
        '/go': async (event) => {
          await open(event, definition)
          return answer(event)
        },
      })
      const reply = await site.get('/go')
      expect([reply.status < 500, reply.headers.get('vary')]).toEqual([true, 'Cookie'])
    })
  }

  const pages: Readonly<Record<string, (event: H3EventLike, text: string) => unknown>> =
    edge.major === 1
      ? {
          'a sent page': (event, text) => sendV1(event, 404, text),
          'a raw page': (event, text) => {
            const { res } = asV1(event).node
            res.statusCode = 404
            res.end(text)
          },
          'the page of h3': () => undefined,
        }
      : {
          'a Response': (_event, text) => new Response(text, { status: 404, headers: { vary: 'Accept' } }),
          'an object': (event, text) => {
            asV2(event).res.status = 404
            return { text }
          },
          'an HTTPResponse': (_event, text) =>
            new h3v2.HTTPResponse(text, { status: 404, headers: { vary: 'Accept' } }),
          'the page of h3': () => undefined,
        }
  it.each(Object.entries(pages))('onError alone, with %s', async (_name, page) => {
    const definition = define(memoryStore())
    site = await edge.serve(
      {
        '/login': async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok'),
        '/gone': () => {
          throw edge.major === 1 ? h3v1.createError({ statusCode: 404 }) : new h3v2.HTTPError({ status: 404 })
        },
      },
      {
        onError: async (_error, event) =>
          page(event, `no, ${(await useSession(event, definition)).get('user')}`) as never,
      },
    )
    const reply = await site.get('/gone', cookieOf(await site.get('/login')))
    expect([reply.status, reply.cookies]).toEqual([404, []])
    expect(reply.headers.get('vary')).toMatch(/^(Accept, )?Cookie$/)
  })
})

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

describe('h3 v2: a WebSocket route', () => {
  it.each([
    ['useReadonlySession', useReadonlySession],
    ['useSession', useSession],
  ])('middleware with %s leaves the hooks of a WebSocket route on its answer', async (_name, use) => {
    const definition = define(memoryStore())
    const app = new h3v2.H3()
    installSessions(app)
    app.use(async (event) => void (await use(event, definition)))
    const hooks = { open() {} }
    app.get('/_ws', h3v2.defineWebSocketHandler(hooks))
    const answer = await app.request('/_ws', { headers: { upgrade: 'websocket' } })
    expect(answer).toMatchObject({ status: 426, crossws: hooks })
  })
})

describe.each(edges.filter(({ major }) => major === 2))('$name', (edge) => {
  it.each<[string, (headers: Headers) => unknown]>([
    ['a Response', (headers) => new Response('hi', { status: 201, headers })],
    ['an HTTPResponse', (headers) => new h3v2.HTTPResponse('hi', { status: 201, headers })],
  ])("%s with a Set-Cookie of the session's name: ours replaces it, the others stay", async (_name, answer) => {
    const definition = define(memoryStore())
    const headers = new Headers([
      ['set-cookie', 'session=other; Path=/'],
      ['set-cookie', 'own=1'],
      ['x-own', '1'],
    ])
    site = await edge.serve({
      '/go': async (event) => ((await useSession(event, definition)).set('user', 'ada'), answer(headers)),
      '/read': async (event) => (await useSession(event, definition), answer(headers)),
    })
    const reply = await site.get('/go')
    expect([reply.status, reply.text, reply.headers.get('x-own')]).toEqual([201, 'hi', '1'])
    expect(names(reply.cookies)).toEqual(['own', 'session'])
    expect(cookieOf(reply)).not.toBe('session=other')
    // Nothing of ours is said here, and the answer of the app was not changed.
    expect((await site.get('/read')).cookies).toEqual(['session=other; Path=/', 'own=1'])
  })
})

describe.each(edges)('$name: a response that says that the store is down', (edge) => {
  const cached = 'public, max-age=3600'

  it('is not cached by what the handler had said of its own answer', async () => {
    const watched = watch()
    watched.before = down
    const definition = define(watched.store)
    const expires = 'Wed, 01 Jan 2098 00:00:00 GMT'
    site = await edge.serve({
      '/go': async (event) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        if (edge.major === 1) h3v1.setResponseHeaders(asV1(event), { 'cache-control': cached, expires })
        else {
          asV2(event).res.headers.set('cache-control', cached)
          asV2(event).res.errHeaders.set('cache-control', cached)
        }
        return 'hi'
      },
    })
    const { status, headers } = await site.get('/go')
    expect([status, headers.get('cache-control'), headers.get('expires')]).toEqual([503, 'no-store', null])
  })

  it('says nothing of when the answer in its place would have been had', async () => {
    const watched = watch()
    watched.before = down
    const definition = define(watched.store)
    site = await edge.serve({
      '/go': async (event) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        return new Response('later', { status: 202, headers: { 'retry-after': '3600' } })
      },
    })
    const { status, headers } = await site.get('/go')
    expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  })

  it.each<[string, string | undefined]>([
    ['5', undefined],
    ['120', '120'],
  ])('says Retry-After: %s where the error page of the app says %s', async (expected, own) => {
    const watched = watch()
    watched.before = down
    const definition = define(watched.store)
    site = await edge.serve(
      { '/go': async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok') },
      {
        onError: (_error, event) => {
          if (edge.major === 2)
            return new Response('sorry', { status: 503, headers: own === undefined ? {} : { 'retry-after': own } })
          if (own !== undefined) h3v1.setResponseHeader(asV1(event), 'retry-after', Number(own))
          return sendV1(event, 503, 'sorry')
        },
      },
    )
    const reply = await site.get('/go')
    expect([reply.status, reply.text, reply.headers.get('retry-after')]).toEqual([503, 'sorry', expected])
    expect(reply.headers.get('cache-control')).toBe('no-store')
  })

  it("keeps the app's own Retry-After", async () => {
    const watched = watch()
    const definition = define(watched.store)
    const own: Readonly<Record<string, Handler>> = {
      '/response': () => new Response('later', { status: 503, headers: { 'retry-after': '120' } }),
      ...(edge.major === 2 && {
        '/thrown': () => Promise.reject(new h3v2.HTTPError({ status: 503, headers: { 'retry-after': '120' } })),
        '/header': (event) => {
          asV2(event).res.headers.set('retry-after', '120')
          asV2(event).res.status = 503
          return 'later'
        },
      }),
    }
    const caught = ([path, answer]: [string, Handler]): [string, Handler] => [
      path,
      async (event) => (await useSession(event, definition).catch(() => undefined)) ?? answer(event),
    ]
    site = await edge.serve({
      '/login': async (event) => ((await useSession(event, definition)).set('user', 'ada'), 'ok'),
      ...Object.fromEntries(Object.entries(own).map(caught)),
    })
    const cookie = cookieOf(await site.get('/login'))
    watched.before = down
    for (const path of Object.keys(own)) {
      const reply = await site.get(path, cookie)
      expect([path, reply.status, reply.headers.get('retry-after')]).toEqual([path, 503, '120'])
    }
  })
})

describe('h3 v1 over node: middleware that wraps the response after the session was first used', () => {
  const [edge] = edges as readonly [Edge]

  /** As compression does it: what was ended once is not ended again. */
  function wrap(res: ReturnType<typeof asV1>['node']['res']) {
    const end = res.end.bind(res)
    let ended = false
    res.end = ((...args: Parameters<typeof end>) => {
      if (ended) return res
      ended = true
      return end(...args)
    }) as typeof res.end
  }

  it('does not swallow the error page of a commit that fails', async () => {
    const watched = watch()
    watched.before = down
    const definition = define(watched.store)
    site = await edge.serve({
      '/go': async (event) => {
        const { res } = asV1(event).node
        ;(await useSession(event, definition)).set('user', 'ada')
        wrap(res)
        res.end('hi')
      },
    })
    expect((await inTime(site.get('/go'))).status).toBe(503)
  })
})
