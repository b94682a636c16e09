import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.js'
import { asV1, cookieOf, define, edges, type Site, signal, sleep, useSession, watch } from './harness.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const down = () => {
  throw new Error('connection refused')
}
const codeOf = (run: () => unknown) => {
  try {
    run()
    return 'no error'
  } catch (error) {
    return (error as { code?: string }).code
  }
}

for (const edge of edges) {
  describe(edge.name, () => {
    let site: Site | undefined
    afterEach(() => site?.close())

    it('J6: a store that fails on read is a 503 in bounded time, without a cookie', async () => {
      const watched = watch()
      const definition = define(watched.store, { storeTimeout: 50 })
      site = await edge.serve({
        '/login': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return 'ok'
        },
        '/read': async (event) => (await useSession(event, definition)).data,
      })
      const cookie = cookieOf(await site.get('/login'))
      for (const failure of [down, () => new Promise<void>(() => {})]) {
        watched.before = failure
        const reply = await site.get('/read', cookie)
        expect([reply.status, reply.cookies, reply.headers.get('retry-after')]).toEqual([503, [], '5'])
      }
      watched.before = () => {}
      expect(JSON.parse((await site.get('/read', cookie)).text)).toMatchObject({ user: 'ada' })
    })

    it.each([
      ['a string', () => 'hello'],
      ['an error', () => Promise.reject(Object.assign(new Error('x'), { status: 404, statusCode: 404 }))],
      [
        'a Response with headers',
        () => new Response('hello', { status: 201, headers: { etag: '1', 'content-length': '5' } }),
      ],
      ['a redirect', () => Response.redirect('http://localhost/x', 302)],
    ])('a store that fails on write turns %s into a 503 without a cookie', async (_name, answer) => {
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return answer()
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.cookies, reply.headers.get('retry-after')]).toEqual([503, [], '5'])
      expect(reply.text).not.toContain('hello')
      expect(reply.headers.get('location')).toBeNull()
    })

    // h3 2 sends no streams of node. What writes piece by piece to node's response, as h3 1 does with those of the web, is not
    // the response's to end: there the edge of node has the response alone.
    const ofTheWeb = edge.by === 'node' ? [] : (['a web stream', 'a Response'] as const)
    const kinds = [...ofTheWeb, ...(edge.major === 2 ? [] : (['a node stream'] as const))]
    it.each(kinds)('a store that fails on write cancels %s', async (kind) => {
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      const cancelled = signal()
      const web = () =>
        new ReadableStream({ start: (controller) => controller.enqueue(bytes('hello')), cancel: cancelled.done })
      const node = () => {
        const stream = new Readable({ read() {} })
        stream.push('hello')
        stream.on('close', cancelled.done)
        return stream
      }
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return kind === 'a web stream' ? web() : kind === 'a Response' ? new Response(web()) : node()
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.cookies]).toEqual([503, []])
      expect(reply.text).not.toContain('hello')
      await cancelled.promise
    })

    it('when one of two sessions cannot be stored, the other keeps its cookie', async () => {
      const watched = watch()
      watched.before = down
      const [good, bad] = [define(memoryStore(), { name: 'good' }), define(watched.store, { name: 'bad' })]
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, bad)).set('a', 1)
          ;(await useSession(event, good)).set('a', 1)
          return 'hello'
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.cookies.length]).toEqual([503, 1])
      expect(cookieOf(reply, 'good')).toMatch(/^good=.{20}/)
    })

    it.each(['before', 'during'] as const)(
      'J13: a write after streaming started, the session opened %s it, throws and the page is whole',
      async (when) => {
        const definition = define(memoryStore())
        const codes: unknown[] = []
        site = await edge.serve({
          '/login': async (event) => {
            ;(await useSession(event, definition)).set('user', 'ada')
            return 'ok'
          },
          '/page': async (event) => {
            if (when === 'before') await useSession(event, definition)
            return new ReadableStream({
              async start(controller) {
                controller.enqueue(bytes('<head>'))
                await sleep(20)
                const session = await useSession(event, definition)
                controller.enqueue(bytes(session.get('user') ?? '?'))
                codes.push(codeOf(() => session.set('a', 1)))
                codes.push(await session.regenerate().catch((error: { code: string }) => error.code))
                controller.enqueue(bytes('</head>'))
                controller.close()
              },
            })
          },
          '/read': async (event) => (await useSession(event, definition)).data,
        })
        const cookie = cookieOf(await site.get('/login'))
        const page = await site.get('/page', cookie)
        expect([page.status, page.text, page.cookies]).toEqual([200, '<head>ada</head>', []])
        expect(codes).toEqual(['ERR_SESSION_HEADERS_SENT', 'ERR_SESSION_HEADERS_SENT'])
        expect(JSON.parse((await site.get('/read', cookie)).text)).not.toHaveProperty('a')
      },
    )

    it('a write while the commit is on its way is stored or refused, never lost in silence', async () => {
      const watched = watch()
      const definition = define(watched.store)
      const committing = signal()
      let code: unknown
      site = await edge.serve({
        '/go': async (event) => {
          const session = await useSession(event, definition)
          session.set('user', 'ada')
          void committing.promise.then(() => {
            code = codeOf(() => session.set('a', 1))
          })
          return 'ok'
        },
        '/read': async (event) => (await useSession(event, definition)).data,
      })
      watched.before = async (call) => {
        if (call !== 'create') return
        committing.done()
        await sleep(20)
      }
      const cookie = cookieOf(await site.get('/go'))
      const { a } = JSON.parse((await site.get('/read', cookie)).text) as { a?: number }
      expect(a === 1 || code === 'ERR_SESSION_HEADERS_SENT').toBe(true)
    })

    it('destroy during a stream, and a fresh session after it, are refused as well', async () => {
      const definition = define(memoryStore())
      const codes: unknown[] = []
      site = await edge.serve({
        '/login': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          return 'ok'
        },
        '/page': async (event) => {
          await (await useSession(event, definition)).destroy()
          return new ReadableStream({
            async start(controller) {
              controller.enqueue(bytes('a'))
              await sleep(20)
              const fresh = await useSession(event, definition)
              codes.push(codeOf(() => fresh.set('a', 1)))
              controller.close()
            },
          })
        },
      })
      const page = await site.get('/page', cookieOf(await site.get('/login')))
      expect([page.text, page.cookies.length, codes]).toEqual(['a', 1, ['ERR_SESSION_HEADERS_SENT']])
    })
  })
}

for (const edge of edges.filter(({ major }) => major === 1)) {
  describe(`${edge.name}: node's response used directly`, () => {
    let site: Site | undefined
    afterEach(() => site?.close())

    it('a store that fails on write refuses what was written, and what comes later', async () => {
      const watched = watch()
      watched.before = () => sleep(5).then(down)
      const definition = define(watched.store)
      const over = signal()
      site = await edge.serve({
        '/go': async (event) => {
          const { res } = asV1(event).node
          ;(await useSession(event, definition)).set('user', 'ada')
          res.writeHead(200, { 'content-length': '15' })
          for (let round = 0; round < 5; round++) {
            res.write('hel')
            await sleep(5)
          }
          res.end()
          over.done()
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.cookies]).toEqual([503, []])
      expect(JSON.parse(reply.text)).toMatchObject({ statusCode: 503 })
      expect(reply.headers.get('content-length')).not.toBe('15')
      await over.promise
    })

    it('a late write to a refused answer does not reach the error page', async () => {
      const watched = watch()
      watched.before = down
      const definition = define(watched.store)
      const errors: unknown[] = []
      site = await edge.serve({
        '/go': async (event) => {
          const { res } = asV1(event).node
          res.on('error', (error) => errors.push(error))
          const end = res.end.bind(res) as (...args: unknown[]) => typeof res
          res.end = (...args: unknown[]) => {
            process.nextTick(() => res.write('stale'))
            return end(...args)
          }
          ;(await useSession(event, definition)).set('user', 'ada')
          res.end('hello')
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.text.includes('stale'), errors]).toEqual([503, false, []])
    })

    // The stand-in response of h3's web handler cannot be piped to, and has sent nothing before its end.
    if (edge.name.includes('web')) return

    it('a piped stream that nobody reads any more does not hang the request', async () => {
      const watched = watch()
      watched.before = () => sleep(5).then(down)
      const definition = define(watched.store)
      const closed = signal()
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          const stream = new Readable({ read() {} })
          stream.push('hello')
          stream.on('close', closed.done)
          stream.pipe(asV1(event).node.res)
          // As h3's sendStream does: it waits for the end.
          await new Promise(() => {})
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.cookies]).toEqual([503, []])
      await closed.promise
    })

    it('a large piped stream arrives whole, in order', async () => {
      const watched = watch()
      watched.before = () => sleep(10)
      const definition = define(watched.store)
      const chunks = Array.from({ length: 50 }, (_, at) => String(at % 10).repeat(20_000))
      site = await edge.serve({
        '/go': async (event) => {
          ;(await useSession(event, definition)).set('user', 'ada')
          Readable.from(chunks).pipe(asV1(event).node.res)
          await new Promise((resolve) => asV1(event).node.res.on('finish', resolve))
        },
      })
      const reply = await site.get('/go')
      expect(reply.text === chunks.join('')).toBe(true)
      expect(reply.cookies).toHaveLength(1)
    })

    it('a session first used after the headers left is read-only, and harms nothing', async () => {
      const definition = define(memoryStore())
      let code: unknown
      site = await edge.serve({
        '/go': async (event) => {
          const { res } = asV1(event).node
          res.write('one ')
          await sleep(5)
          const session = await useSession(event, definition)
          code = codeOf(() => session.set('a', 1))
          res.end('two')
        },
      })
      const reply = await site.get('/go')
      expect([reply.status, reply.text, reply.cookies, code]).toEqual([200, 'one two', [], 'ERR_SESSION_HEADERS_SENT'])
    })
  })
}
