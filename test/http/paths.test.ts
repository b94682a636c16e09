import { Readable } from 'node:stream'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, it } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { asV1, asV2, define, edges, type Handler, type Site, sleep, useSession, watch } from './harness.js'

const text = new TextEncoder()
const webStream = () =>
  new ReadableStream({
    async start(controller) {
      controller.enqueue(text.encode('one '))
      await sleep(5)
      controller.enqueue(text.encode('two'))
      controller.close()
    },
  })
async function* words() {
  yield text.encode('one ')
  await sleep(5)
  yield text.encode('two')
}
const nodeRes = (event: H3EventLike) => asV1(event).node.res

interface Path {
  readonly name: string
  readonly answer: Handler
  readonly status: number
  readonly body?: string
  readonly only?: 1 | 2
  readonly method?: string
}

const stored: readonly Path[] = [
  { name: 'an object', answer: () => ({ ok: true }), status: 200 },
  { name: 'a string', answer: () => 'hello', status: 200, body: 'hello' },
  { name: 'a number', answer: () => 7, status: 200, body: '7' },
  { name: 'null', answer: () => null, status: 204, only: 1 },
  { name: 'null', answer: () => null, status: 200, only: 2 },
  { name: 'a status', answer: (event) => (h3v1.setResponseStatus(asV1(event), 201), 'made'), status: 201, only: 1 },
  { name: 'a status', answer: (event) => ((asV2(event).res.status = 201), 'made'), status: 201, only: 2 },
  { name: 'sendRedirect, returned', answer: (event) => h3v1.sendRedirect(asV1(event), '/x'), status: 302, only: 1 },
  {
    name: 'sendRedirect, awaited',
    answer: async (event) => {
      await h3v1.sendRedirect(asV1(event), '/x')
    },
    status: 302,
    only: 1,
  },
  { name: 'redirect()', answer: () => h3v2.redirect('/x'), status: 302, only: 2 },
  { name: 'Response.redirect', answer: () => Response.redirect('http://localhost/x', 302), status: 302 },
  { name: 'a Response', answer: () => new Response('hi', { headers: { 'x-own': '1' } }), status: 200, body: 'hi' },
  { name: 'a 404 Response', answer: () => new Response('no', { status: 404 }), status: 404, body: 'no' },
  { name: 'a thrown 404', answer: () => raise(h3v1.createError({ statusCode: 404 })), status: 404, only: 1 },
  { name: 'a thrown 404', answer: () => raise(new h3v2.HTTPError({ status: 404 })), status: 404, only: 2 },
  { name: 'a returned 403 error', answer: () => h3v1.createError({ statusCode: 403 }), status: 403, only: 1 },
  { name: 'a returned 403 error', answer: () => new h3v2.HTTPError({ status: 403 }), status: 403, only: 2 },
  {
    name: 'a foreign error with a status',
    answer: () => raise(Object.assign(new Error('x'), { status: 418 })),
    status: 418,
  },
  { name: 'a web stream', answer: webStream, status: 200, body: 'one two' },
  { name: 'a Response with a stream', answer: () => new Response(webStream()), status: 200, body: 'one two' },
  { name: 'an iterable', answer: () => h3v2.iterable(words()), status: 200, body: 'one two', only: 2 },
  {
    name: 'an iterable',
    answer: (event) => h3v1.sendIterable(asV1(event), words()),
    status: 200,
    body: 'one two',
    only: 1,
  },
  { name: 'a node stream', answer: () => Readable.from(['one ', 'two']), status: 200, body: 'one two', only: 1 },
  {
    name: 'sendStream',
    answer: (event) => h3v1.sendStream(asV1(event), Readable.from(['one ', 'two'])),
    status: 200,
    body: 'one two',
    only: 1,
  },
  { name: 'sendNoContent', answer: (event) => h3v1.sendNoContent(asV1(event)), status: 204, only: 1 },
  { name: 'noContent()', answer: () => h3v2.noContent(), status: 204, only: 2 },
  { name: 'res.end', answer: (event) => void nodeRes(event).end('raw'), status: 200, body: 'raw', only: 1 },
  { name: 'res.end, returning res', answer: (event) => nodeRes(event).end('raw'), status: 200, body: 'raw', only: 1 },
  {
    name: 'res.write and res.end later',
    answer: async (event) => {
      nodeRes(event).write('one ')
      await sleep(2)
      nodeRes(event).write('two ')
      await sleep(20)
      nodeRes(event).end('three')
    },
    status: 200,
    body: 'one two three',
    only: 1,
  },
  {
    name: 'res.writeHead with headers of its own',
    answer: (event) => void nodeRes(event).writeHead(202, { 'set-cookie': 'own=1', 'x-own': '1' }).end('raw'),
    status: 202,
    body: 'raw',
    only: 1,
  },
  { name: 'HEAD', answer: () => 'hello', status: 200, body: '', method: 'HEAD' },
  { name: 'POST', answer: () => 'hello', status: 200, body: 'hello', method: 'POST' },
]

const dropped: readonly Path[] = [
  { name: 'a thrown Error', answer: () => raise(new Error('x')), status: 500 },
  { name: 'a thrown 503', answer: () => raise(h3v1.createError({ statusCode: 503 })), status: 503, only: 1 },
  { name: 'a thrown 503', answer: () => raise(new h3v2.HTTPError({ status: 503 })), status: 503, only: 2 },
  { name: 'a thrown Response', answer: () => raise(new Response('x', { status: 302 })), status: 500, only: 2 },
  { name: 'a returned 500 error', answer: () => h3v1.createError({ statusCode: 500 }), status: 500, only: 1 },
  { name: 'a returned 500 error', answer: () => new h3v2.HTTPError({ status: 500 }), status: 500, only: 2 },
  { name: 'a 502 Response', answer: () => new Response('x', { status: 502 }), status: 502 },
  {
    name: 'status 500 and a body',
    answer: (event) => (h3v1.setResponseStatus(asV1(event), 500), 'x'),
    status: 500,
    only: 1,
  },
  { name: 'status 500 and a body', answer: (event) => ((asV2(event).res.status = 500), 'x'), status: 500, only: 2 },
  { name: 'res.writeHead(500)', answer: (event) => void nodeRes(event).writeHead(500).end('x'), status: 500, only: 1 },
]

function raise(error: unknown): never {
  throw error
}

let site: Site | undefined
afterEach(() => site?.close())

for (const edge of edges) {
  describe(edge.name, () => {
    const mine = ({ only }: Path) => only === undefined || only === edge.major

    it.each(stored.filter(mine))(
      '$name: stored before it is sent, cookie once',
      async ({ answer, status, body, method = 'GET' }) => {
        const inner = memoryStore()
        const watched = watch(inner)
        watched.before = () => sleep(10)
        const definition = define(watched.store)
        site = await edge.serve({
          '/go': async (event) => {
            const session = await useSession(event, definition)
            session.set('user', 'ada')
            return answer(event)
          },
        })
        const response = await site.open('/go', { method })
        expect(inner.size).toBe(1)
        expect(response.status).toBe(status)
        expect(response.headers.getSetCookie().filter((line) => line.startsWith('session='))).toHaveLength(1)
        expect(response.headers.get('vary')).toBe('Cookie')
        expect(response.headers.get('cache-control')).toBe('no-store')
        if (body !== undefined) expect(await response.text()).toBe(body)
        expect(watched.calls).toEqual(['create'])
      },
    )

    it.each(dropped.filter(mine))('$name: nothing stored, no cookie', async ({ answer, status }) => {
      const { store, calls } = watch()
      const definition = define(store)
      site = await edge.serve({
        '/go': async (event) => {
          const session = await useSession(event, definition)
          session.set('user', 'ada')
          return answer(event)
        },
      })
      const reply = await site.get('/go')
      expect(reply.status).toBe(status)
      expect(reply.cookies).toEqual([])
      expect(calls).toEqual([])
    })

    it.each([...stored, ...dropped].filter(mine))(
      '$name: with no session it is as it was',
      async ({ answer, status, body, method = 'GET' }) => {
        site = await edge.serve({ '/go': answer })
        const reply = await site.get('/go', undefined, { method })
        expect(reply.status).toBe(status)
        expect(reply.headers.get('vary')).toBeNull()
        if (body !== undefined) expect(reply.text).toBe(body)
      },
    )

    it('a session used in middleware reaches a 404 without handler', async () => {
      const definition = define(memoryStore())
      site = await edge.serve(
        {},
        {
          first: async (event) => {
            const session = await useSession(event, definition)
            session.set('user', 'ada')
          },
        },
      )
      const reply = await site.get('/nowhere')
      expect(reply.status).toBe(404)
      expect(reply.cookies).toHaveLength(1)
    })

    it("a user's onError that answers by itself: cookie once, by the error's own status (of h3 alone: others see the answer)", async () => {
      const store = memoryStore()
      const definition = define(store)
      const fail = (status: number) => async (event: H3EventLike) => {
        const session = await useSession(event, definition)
        session.set('user', 'ada')
        throw edge.major === 1 ? h3v1.createError({ statusCode: status }) : new h3v2.HTTPError({ status })
      }
      site = await edge.serve(
        { '/four': fail(404), '/five': fail(500) },
        {
          onError: (_error, event) => {
            if (edge.major === 2) return new Response('sorry', { status: 418 })
            const { res } = asV1(event).node
            res.statusCode = 418
            res.end('sorry')
            return undefined
          },
        },
      )
      const four = await site.get('/four')
      expect([four.status, four.text, four.cookies.length, store.size]).toEqual([418, 'sorry', 1, 1])
      const five = await site.get('/five')
      // What stands before a framework sees its answer, not the error behind it.
      const kept = edge.by === 'h3' ? 0 : 1
      expect([five.status, five.text, five.cookies.length, store.size]).toEqual([418, 'sorry', kept, 1 + kept])
    })

    it("keeps an answer's own Vary and cookies, and takes caching from it", async () => {
      const definition = define(memoryStore())
      site = await edge.serve({
        '/go': async (event) => {
          const session = await useSession(event, definition)
          session.set('user', 'ada')
          return new Response('hi', {
            headers: { vary: 'Accept, cookie', 'cache-control': 'public, max-age=9', 'set-cookie': 'own=1' },
          })
        },
      })
      const reply = await site.get('/go')
      expect(reply.headers.get('vary')).toMatch(/^Accept, cookie$/)
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.cookies.map((line) => line.split('=')[0]).toSorted()).toEqual(['own', 'session'])
    })

    it('replaces a Set-Cookie of its name that is there already (C-8)', async () => {
      const definition = define(memoryStore())
      site = await edge.serve({
        '/go': async (event) => {
          if (edge.major === 1) h3v1.appendResponseHeader(asV1(event), 'set-cookie', 'session=old')
          else asV2(event).res.headers.append('set-cookie', 'session=old')
          const session = await useSession(event, definition)
          session.set('user', 'ada')
          return 'hi'
        },
      })
      const reply = await site.get('/go')
      expect(reply.cookies).toHaveLength(1)
      expect(reply.cookies[0]).not.toContain('session=old')
    })
  })
}
