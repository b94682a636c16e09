import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type NodeRequestLike, sessions, useReadonlySession, useSession } from '../../src/node/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { cookieOf, define, overNode, type Site, signal, sleep, watch } from './harness.js'

const SECRET = 'db-7.internal:5432'
const down = () => {
  throw new Error(SECRET)
}
type Definition = ReturnType<typeof define>
type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

let site: Site | undefined
let log: ReturnType<typeof vi.spyOn>
beforeEach(() => {
  log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await site?.close()
  site = undefined
})

/** A server without a framework: what goes wrong is answered by the page of the library. */
function bare(listener: Listener): Promise<Site> {
  const install = sessions()
  return overNode((req, res) => {
    install(req, res)
    void Promise.resolve(listener(req, res)).catch(() => res.destroy())
  })
}

const logIn = async (req: NodeRequestLike, definition: Definition) =>
  (await useSession(req, definition)).set('user', 'ada')

const large = Array.from({ length: 60 }, (_, at) => String(at % 10).repeat(20_000))

/** Everything that handlers of node do to answer. */
const answers: Readonly<Record<string, { readonly status: number; readonly body: string; readonly send: Listener }>> = {
  'end()': { status: 200, body: 'hi', send: (_, res) => res.end('hi') },
  'end() without a body': { status: 200, body: '', send: (_, res) => res.end() },
  'writeHead() with a list': {
    status: 201,
    body: 'hi',
    send: (_, res) => res.writeHead(201, ['x-own', '1']).end('hi'),
  },
  'writeHead() with its own cookie': {
    status: 202,
    body: 'hi',
    send: (_, res) => res.writeHead(202, { 'set-cookie': 'own=1' }).end('hi'),
  },
  'writeHead() twice, asking headersSent': {
    status: 200,
    body: 'one two',
    send: (_, res) => {
      res.writeHead(200, { 'x-own': '1' }).write('one ')
      if (!res.headersSent) res.writeHead(500)
      res.end('two')
    },
  },
  'flushHeaders()': { status: 200, body: 'hi', send: (_, res) => (res.flushHeaders(), res.end('hi')) },
  'pipe()': { status: 200, body: large.join(''), send: (_, res) => Readable.from(large).pipe(res) },
  'pipeline()': { status: 200, body: large.join(''), send: (_, res) => pipeline(Readable.from(large), res) },
  'end() in the callback of write()': {
    status: 200,
    body: 'one two',
    send: (_, res) => res.write('one ', () => res.end('two')),
  },
  'end(), and a second answer after it': {
    status: 200,
    body: 'hi',
    send: (req, res) => {
      res.setHeader('X-Own', '1')
      res.setHeader('content-length', 2)
      res.end('hi')
      res.statusCode = 500
      if (req.httpVersionMajor === 1) res.statusMessage = 'too late'
      res.setHeader('content-length', 9)
      res.setHeader('x-late', '1')
      res.removeHeader('x-own')
      res.end('never seen')
    },
  },
  'write(), and another status after it': {
    status: 200,
    body: 'one two',
    send: (_, res) => {
      res.write('one ')
      res.statusCode = 500
      res.end('two')
    },
  },
  'a redirect': { status: 303, body: '', send: (_, res) => res.writeHead(303, { location: '/x' }).end() },
}

describe('node:http without a framework', () => {
  it.each(Object.entries(answers))('%s leaves when the session is stored, with its cookie', async (name, answer) => {
    const inner = memoryStore()
    const watched = watch(inner)
    watched.before = () => sleep(10)
    const definition = define(watched.store)
    site = await bare(async (req, res) => (await logIn(req, definition), answer.send(req, res)))
    const response = await site.open('/')
    expect([inner.size, response.status]).toEqual([1, answer.status])
    expect(response.headers.getSetCookie().filter((line) => line.startsWith('session='))).toHaveLength(1)
    expect((await response.text()) === answer.body).toBe(true)
    expect([response.headers.get('x-late'), response.statusText.includes('late')]).toEqual([null, false])
    if (name.includes('second answer')) expect(response.headers.get('x-own')).toBe('1')
  })

  it.each(Object.entries(answers))(
    '%s is a page with 503 and a code when the session cannot be stored',
    async (_, answer) => {
      const watched = watch()
      watched.before = () => sleep(5).then(down)
      const definition = define(watched.store)
      site = await bare(async (req, res) => (await logIn(req, definition), answer.send(req, res)))
      const reply = await site.get('/')
      expect([
        reply.status,
        reply.cookies.filter((line) => line.startsWith('session=')),
        JSON.parse(reply.text),
      ]).toEqual([
        503,
        [],
        {
          status: 503,
          message: 'The session store failed or did not answer in time.',
          data: { code: 'ERR_SESSION_STORE' },
        },
      ])
      expect([reply.headers.get('retry-after'), reply.headers.get('location')]).toEqual(['5', null])
      expect(log).not.toHaveBeenCalled()
    },
  )

  it('a status from 500 on stores nothing, and says the end of what was ended at once', async () => {
    const { store, calls } = watch()
    const definition = define(store)
    site = await bare(async (req, res) => {
      const session = await useSession(req, definition)
      if (req.url === '/out') await session.destroy()
      else session.set('a', 1)
      res.writeHead(req.url === '/in' ? 200 : 500).end()
    })
    const cookie = cookieOf(await site.get('/in'))
    calls.length = 0
    expect((await site.get('/fails')).cookies).toEqual([])
    expect(calls).toEqual([])
    expect((await site.get('/out', cookie)).cookies).toEqual([expect.stringMatching(/^session=; Max-Age=0;/)])
  })

  it('without a session nothing of a response is held up or changed', async () => {
    const sent: boolean[] = []
    site = await bare((_req, res) => {
      res.write('h')
      sent.push(res.headersSent)
      res.end('i')
      sent.push(res.writableEnded)
    })
    const reply = await site.get('/')
    expect([reply.text, reply.headers.get('vary'), sent]).toEqual(['hi', null, [true, true]])
  })

  it('a session first used when the headers have left is read, not written', async () => {
    const definition = define(memoryStore())
    let code: unknown
    site = await bare(async (req, res) => {
      res.write('one ')
      await sleep(5)
      const session = await useSession(req, definition)
      try {
        session.set('a', 1)
      } catch (error) {
        code = (error as { code: string }).code
      }
      res.end('two')
    })
    const reply = await site.get('/')
    expect([reply.text, reply.cookies, code]).toEqual(['one two', [], 'ERR_SESSION_HEADERS_SENT'])
  })

  it('middleware that is installed twice shares one session; two definitions in one request are both committed', async () => {
    const { store, calls } = watch()
    const [one, two] = [define(store), define(memoryStore(), { name: 'two' })]
    const [outer, inner] = [sessions(), sessions()]
    site = await overNode((req, res) => {
      outer(req, res, () => {
        void useSession(req, one).then((session) => {
          session.set('a', 1)
          inner(req, res, () => {
            void Promise.all([useSession(req, one), useSession(req, two)]).then(([first, second]) => {
              second.set('b', 2)
              res.end(String(first.get('a')))
            })
          })
        })
      })
    })
    const reply = await site.get('/')
    expect([reply.text, reply.cookies.length, calls]).toEqual(['1', 2, ['create']])
  })

  it('a request made from one that has a session has none: a copy, a proxy, an object with it as its prototype', async () => {
    const definition = define(memoryStore())
    const codes: unknown[] = []
    site = await bare(async (req, res) => {
      await logIn(req, definition)
      for (const other of [Object.assign({}, req, { headers: {} }), Object.create(req), new Proxy(req, {})])
        codes.push(
          await useSession(other as IncomingMessage, definition).catch((error: { code: string }) => error.code),
        )
      res.end()
    })
    await site.get('/')
    expect(codes).toEqual(Array.from({ length: 3 }, () => 'ERR_SESSION_NOT_INSTALLED'))
  })

  it('the request of an upgrade has a session to look at', async () => {
    const definition = define(memoryStore())
    site = await bare(async (req, res) => (await logIn(req, definition), res.end()))
    const cookie = cookieOf(await site.get('/'))
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const seen = signal()
    let user: unknown
    server.on('upgrade', (req, socket) => {
      void useReadonlySession(req, definition).then((session) => {
        user = session.get('user')
        socket.destroy()
        seen.done()
      })
    })
    const { port } = server.address() as AddressInfo
    const headers = { connection: 'Upgrade', upgrade: 'websocket', cookie }
    request({ port, headers })
      .on('error', () => undefined)
      .end()
    await seen.promise
    server.close()
    expect(user).toBe('ada')
  })

  it('a client that has gone leaves the flash that it would have seen, and what it changed is stored', async () => {
    const definition = define(memoryStore())
    const taken = signal()
    const closed = signal()
    site = await bare(async (req, res) => {
      const session = await useSession(req, definition)
      if (req.url === '/make') session.flash.set('notice', 'saved')
      const notice = req.url === '/make' ? '' : await session.flash.take('notice')
      if (req.url === '/slow') {
        session.set('a', 1)
        res.on('close', closed.done)
        taken.done()
        await closed.promise
      }
      res.end(JSON.stringify({ notice, a: session.get('a') }))
    })
    const cookie = cookieOf(await site.get('/make'))
    const leaving = new AbortController()
    const gone = site.open('/slow', { headers: { cookie }, signal: leaving.signal })
    await taken.promise
    leaving.abort()
    await expect(gone).rejects.toThrow(/abort/i)
    const { get } = site
    await expect.poll(async () => (JSON.parse((await get('/see', cookie)).text) as { a: number }).a).toBe(1)
  })
})

describe('HTTP/2 by node:http2, with the requests and responses of its compatibility', () => {
  const run = async (listener: Listener, act: (ask: Ask, client: http2.ClientHttp2Session) => Promise<void>) => {
    const install = sessions()
    const server = http2.createServer((req, res) => {
      install(req as never, res as never)
      void Promise.resolve(listener(req as never, res as never)).catch(() => undefined)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    try {
      await act(async (path, cookie) => {
        const stream = client.request({ ':path': path, ...(cookie === undefined ? {} : { cookie }) })
        const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
        let text = ''
        for await (const chunk of stream) text += String(chunk)
        return { headers, text }
      }, client)
    } finally {
      client.destroy()
      server.close()
    }
  }
  type Ask = (path: string, cookie?: string) => Promise<{ headers: http2.IncomingHttpHeaders; text: string }>

  it.each(Object.entries(answers).filter(([name]) => !name.includes('with a list')))('%s', async (_, answer) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (const failing of [false, true]) {
      const watched = watch()
      watched.before = () => (failing ? sleep(5).then(down) : sleep(5))
      const definition = define(watched.store)
      await run(
        async (req, res) => (await logIn(req, definition), answer.send(req, res)),
        async (ask) => {
          const { headers, text } = await ask('/')
          const ours = (headers['set-cookie'] ?? []).filter((line) => line.startsWith('session='))
          expect([headers[':status'], ours.length]).toEqual(failing ? [503, 0] : [answer.status, 1])
          expect(failing ? text.includes('ERR_SESSION_STORE') : text === answer.body).toBe(true)
        },
      )
    }
    expect(warned).not.toHaveBeenCalled()
  })

  it('a client that has gone leaves the flash that it would have seen', async () => {
    const definition = define(memoryStore())
    const taken = signal()
    const closed = signal()
    await run(
      async (req, res) => {
        const session = await useSession(req, definition)
        if (req.url === '/make') session.flash.set('notice', 'saved')
        const notice = req.url === '/make' ? '' : await session.flash.take('notice')
        if (req.url === '/slow') {
          res.on('close', closed.done)
          taken.done()
          await closed.promise
        }
        res.end(notice ?? 'none')
      },
      async (ask, client) => {
        const { headers } = await ask('/make')
        const cookie = String(headers['set-cookie']).split(';')[0] ?? ''
        const stream = client.request({ ':path': '/slow', cookie })
        stream.on('error', () => undefined)
        await taken.promise
        stream.close(http2.constants.NGHTTP2_CANCEL)
        await closed.promise
        await expect.poll(async () => (await ask('/see', cookie)).text, { interval: 5 }).toBe('saved')
      },
    )
  })
})

describe('a wrong call is one sentence with a code', () => {
  const definition = define(memoryStore())
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['a web Request', new Request('http://x'), 'zession/web'],
    ['an event of h3 1', { node: { req: { headers: {} } } }, 'zession/h3'],
    ['an event of h3 2', { req: new Request('http://x') }, 'zession/h3'],
  ])('useSession(%s)', async (_, wrong, says) => {
    for (const use of [useSession, useReadonlySession])
      await expect(use(wrong as never, definition)).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(says),
      })
  })

  it('a request without sessions, what is no definition, an unknown option, two copies', async () => {
    const plain = { headers: {} }
    await expect(useSession(plain, definition)).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_INSTALLED',
      message: expect.stringContaining('app.use(sessions())'),
    })
    await expect(useSession(plain, {} as never)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    expect(() => sessions({ dev: true } as never)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
    vi.resetModules()
    const other = await import('../../src/node/index.js')
    await expect(other.useSession(plain, definition)).rejects.toMatchObject({
      message: expect.stringContaining('two copies'),
    })
  })
})
