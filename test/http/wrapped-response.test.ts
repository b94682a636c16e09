import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gunzipSync } from 'node:zlib'
// @ts-expect-error: it has no types
import untyped from 'compression'
import * as h3 from 'h3'
import { afterEach, describe, expect, it } from 'vitest'
import { installSessions, useSession } from '../../src/h3/index.js'
import { define, sleep, watch } from './harness.js'

/** The response as middleware for node changes it. */
type Res = ServerResponse & { flush?: () => void }
type Wrap = (req: IncomingMessage, res: Res, next: () => void) => void
type Method = (...args: unknown[]) => unknown

const compression = untyped as (options: { threshold: number }) => Wrap

/** Sends everything through a stream of its own, to which who waits for `drain` is moved. */
const through =
  (names: readonly ('on' | 'once')[], highWaterMark?: number): Wrap =>
  (_req, res, next) => {
    const { write, end, on } = res as unknown as Record<'write' | 'end' | 'on', Method>
    const stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark })
    stream.on('data', (chunk) => write.call(res, chunk) === false && stream.pause())
    on.call(res, 'drain', () => stream.resume())
    stream.on('end', () => end.call(res))
    const moved = (name: 'on' | 'once') => {
      const own = res[name].bind(res) as Method
      return (type: string, listener: () => void) =>
        type === 'drain' ? (stream[name](type, listener), res) : own(type, listener)
    }
    Object.assign(res, Object.fromEntries(names.map((name) => [name, moved(name)])), {
      write: (chunk: unknown) => stream.write(chunk),
      end: (chunk: unknown) => (chunk ? stream.end(chunk) : stream.end(), res),
    })
    next()
  }

const wraps: Readonly<Record<string, Wrap>> = {
  'no middleware': (_req, _res, next) => next(),
  'compression()': compression({ threshold: 0 }),
  'what moves `on`': through(['on']),
  'what moves `on` and `once`': through(['on', 'once']),
  'what moves `on` and takes much at once': through(['on'], 4_000_000),
  'what moves `on` and `once`, and takes much at once': through(['on', 'once'], 4_000_000),
  'what wraps `write`, `end` and `writeHead`': (_req, res, next) => {
    const { write, end, writeHead } = res as unknown as Record<'write' | 'end' | 'writeHead', Method>
    Object.assign(res, {
      writeHead: (...args: unknown[]) => (res.setHeader('x-wrapped', '1'), writeHead.apply(res, args)),
      write: (...args: unknown[]) => write.apply(res, args),
      // By another wrapped method, as what appends to a page does.
      end: (chunk?: unknown) => (chunk ? res.write(chunk) : undefined, end.call(res)),
    })
    next()
  },
}

const small = Array.from({ length: 20 }, (_, at) => `chunk ${at} `)
const large = Array.from({ length: 60 }, (_, at) => String(at % 10).repeat(20_000))

/** Writes as careful code does. */
async function carefully(res: Res, chunks: readonly string[]): Promise<void> {
  for (const chunk of chunks) if (!res.write(chunk)) await once(res, 'drain')
  res.end()
}

function web(chunks: readonly string[]): ReadableStream {
  return Readable.toWeb(Readable.from(chunks.map((chunk) => Buffer.from(chunk)))) as ReadableStream
}

/** Everything that h3 1 apps do to send an answer. */
const answers: Readonly<Record<string, { readonly body: readonly string[]; send(event: h3.H3Event): unknown }>> = {
  'a string': { body: ['hello'], send: () => 'hello' },
  'sendStream of node': { body: small, send: (event) => h3.sendStream(event, Readable.from(small)) },
  'sendStream of the web': { body: small, send: (event) => h3.sendStream(event, web(small)) },
  'a large sendStream': { body: large, send: (event) => h3.sendStream(event, Readable.from(large)) },
  'a stream that is returned': { body: large, send: () => Readable.from(large) },
  'pipe()': {
    body: large,
    send: (event) => {
      Readable.from(large).pipe(event.node.res)
      return once(event.node.res, 'finish').then(() => undefined)
    },
  },
  'pipeline()': { body: small, send: (event) => pipeline(Readable.from(small), event.node.res) },
  'a large pipeline()': { body: large, send: (event) => pipeline(Readable.from(large), event.node.res) },
  'a large pipeline() from a generator': {
    body: large,
    send: (event) =>
      pipeline(async function* () {
        for (const chunk of large) yield await Promise.resolve(chunk)
      }, event.node.res),
  },
  'small chunks that wait for drain': { body: small, send: (event) => carefully(event.node.res, small) },
  'large chunks that wait for drain': { body: large, send: (event) => carefully(event.node.res, large) },
  'writeHead() and end()': {
    body: ['hello'],
    send: ({ node: { res } }) => void res.writeHead(200, { 'content-type': 'text/plain' }).end('hello'),
  },
}

describe('h3 1 and middleware that wraps the response before a session is used', () => {
  let close: (() => void) | undefined
  afterEach(() => close?.())

  async function serve(wrap: Wrap, handler: (event: h3.H3Event) => unknown) {
    const app = h3.createApp()
    installSessions(app)
    app.use(h3.fromNodeMiddleware(wrap as h3.NodeMiddleware))
    app.use(
      h3.eventHandler((event) => {
        event.node.res.setHeader('content-type', 'text/plain')
        return handler(event) as never
      }),
    )
    const server = createServer(h3.toNodeListener(app)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    close = () => {
      server.closeAllConnections()
      server.close()
    }
    return (server.address() as AddressInfo).port
  }

  describe.each(Object.entries(wraps))('%s', (_name, wrap) => {
    it.each(Object.entries(answers))(
      '%s ends and holds the bytes that it holds without a session',
      async (_, answer) => {
        const watched = watch()
        watched.before = () => sleep(5)
        const definition = define(watched.store)
        for (const withSession of [false, true]) {
          const port = await serve(wrap, async (event) => {
            if (withSession) (await useSession(event, definition)).set('user', 'ada')
            return answer.send(event)
          })
          const reply = await get(port)
          expect([withSession, reply.status, reply.text === answer.body.join('')]).toEqual([withSession, 200, true])
          expect(reply.cookies).toBe(withSession ? 1 : 0)
          close?.()
        }
      },
    )

    it('who waited for drain before the session was used is woken too', async () => {
      const definition = define(watch().store)
      const port = await serve(wrap, async (event) => {
        const { res } = event.node
        let wake = () => {}
        res.on('drain', () => wake())
        ;(await useSession(event, definition)).set('user', 'ada')
        for (const chunk of small) {
          if (!res.write(chunk)) await new Promise<void>((resolve) => void (wake = resolve))
        }
        res.end()
      })
      expect((await get(port)).text).toBe(small.join(''))
    })

    it.each(Object.entries(answers))('the error page in place of a refused %s is whole', async (_, answer) => {
      const watched = watch()
      watched.before = async () => {
        await sleep(5)
        throw new Error('connection refused')
      }
      const definition = define(watched.store)
      const port = await serve(wrap, async (event) => {
        ;(await useSession(event, definition)).set('user', 'ada')
        return answer.send(event)
      })
      const reply = await get(port)
      expect([reply.status, reply.cookies]).toEqual([503, 0])
      expect(JSON.parse(reply.text)).toMatchObject({ statusCode: 503 })
    })
  })

  it('res.flush() of compression() sends what has been written, also while the session is being stored', async () => {
    const watched = watch()
    watched.before = () => sleep(5)
    const definition = define(watched.store)
    let proceed = () => {}
    const seen = new Promise<void>((resolve) => {
      proceed = resolve
    })
    const port = await serve(compression({ threshold: 0 }), async (event) => {
      const res: Res = event.node.res
      ;(await useSession(event, definition)).set('user', 'ada')
      res.write('first')
      res.flush?.()
      await seen
      res.end(' second')
    })
    const reply = await get(port, (bytes) => {
      // The header of gzip alone is ten bytes.
      if (bytes > 10) proceed()
    })
    expect(reply.text).toBe('first second')
  })
})

interface Reply {
  readonly status: number | undefined
  readonly cookies: number
  readonly text: string
}

/** By node's own client, which decodes nothing. @throws when the answer does not end in time */
async function get(port: number, onBytes: (bytes: number) => void = () => {}): Promise<Reply> {
  const asked = request({ port, host: '127.0.0.1', headers: { 'accept-encoding': 'gzip' } }).end()
  const late = setTimeout(() => asked.destroy(new Error('the response never ended')), 3000)
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      onBytes(Buffer.concat(chunks).length)
    }
    const body = Buffer.concat(chunks)
    const text = String(response.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    return { status: response.statusCode, cookies: response.headers['set-cookie']?.length ?? 0, text }
  } finally {
    clearTimeout(late)
  }
}
