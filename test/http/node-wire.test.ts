import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sessions, useSession } from '../../src/node/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { define, watch } from './harness.js'

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown

interface Wire {
  readonly sends: string
  readonly handler: Listener
  /** In this order, and each once. */
  readonly sees: readonly string[]
  readonly never?: readonly string[]
  /** Sent when `100 Continue` has come. */
  readonly rest?: string
}

const get = (path: string, ...lines: string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'host: x', ...lines].join('\r\n')}\r\n\r\n`
const closing = 'connection: close'
const COOKIE = 'session='

/** What clients and servers say to each other that `fetch` does not show. */
const wires: Readonly<Record<string, Wire>> = {
  'two requests in one packet are answered in their order': {
    sends: get('/1') + get('/2', closing),
    handler: (req, res) => res.end(`answer ${req.url}`),
    sees: [COOKIE, 'answer /1', COOKIE, 'answer /2'],
  },
  'Early Hints leave before the session is stored, and have no cookie': {
    sends: get('/', closing),
    handler: (_, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.end('page')
    },
    sees: ['HTTP/1.1 103 Early Hints', 'rel=preload', 'HTTP/1.1 200 OK', COOKIE, 'page'],
  },
  '102 Processing': {
    sends: get('/', closing),
    handler: (_, res) => (res.writeProcessing(), res.end('page')),
    sees: ['HTTP/1.1 102 Processing', 'HTTP/1.1 200 OK', COOKIE, 'page'],
  },
  'Expect: 100-continue': {
    sends: `POST / HTTP/1.1\r\nhost: x\r\n${closing}\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n`,
    rest: 'body',
    handler: async (req, res) => {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk as Buffer)
      res.end(`got ${Buffer.concat(chunks).toString()}`)
    },
    sees: ['HTTP/1.1 100 Continue', 'HTTP/1.1 200 OK', COOKIE, 'got body'],
  },
  'trailers come last': {
    sends: get('/', closing, 'te: trailers'),
    handler: (_, res) => {
      res.writeHead(200, { trailer: 'x-sum' })
      res.write('page')
      res.addTrailers({ 'x-sum': '42' })
      res.end()
    },
    sees: [COOKIE, 'page', 'x-sum: 42'],
  },
  'HTTP/1.0': {
    sends: 'GET / HTTP/1.0\r\n\r\n',
    handler: (_, res) => (res.write('one '), res.end('two')),
    sees: [COOKIE, 'one two'],
  },
  'HEAD with a body that is not sent': {
    sends: get('/', closing).replace('GET', 'HEAD'),
    handler: (_, res) => res.writeHead(200, { 'content-length': '4' }).end('page'),
    sees: ['content-length: 4', COOKIE],
    never: ['page'],
  },
  '304 with a body that is not sent': {
    sends: get('/', closing, 'if-none-match: "1"'),
    handler: (_, res) => res.writeHead(304, { etag: '"1"' }).end('page'),
    sees: ['HTTP/1.1 304', 'etag: "1"', COOKIE],
    never: ['page', 'transfer-encoding'],
  },
  '204 with a body that is not sent': {
    sends: get('/', closing),
    handler: (_, res) => res.writeHead(204).end('page'),
    sees: ['HTTP/1.1 204', COOKIE],
    never: ['page', 'transfer-encoding'],
  },
  'a part of a file': {
    sends: get('/', closing, 'range: bytes=1-2'),
    handler: (_, res) => res.writeHead(206, { 'content-range': 'bytes 1-2/4', 'content-length': '2' }).end('ag'),
    sees: ['HTTP/1.1 206', 'content-range: bytes 1-2/4', COOKIE, 'ag'],
  },
}

describe('node:http, as it is on the wire', () => {
  it.each(Object.entries(wires))('%s', async (_, { sends, handler, sees, never = [], rest }) => {
    const inner = memoryStore()
    const watched = watch(inner)
    watched.before = () => sleep(10)
    const definition = define(watched.store)
    const install = sessions()
    const server = createServer((req, res) => {
      install(req, res)
      void useSession(req, definition)
        .then((session) => session.set('user', 'ada'))
        .then(() => handler(req, res))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (rest !== undefined && text.endsWith('100 Continue\r\n\r\n')) socket.write(rest)
    })
    socket.write(sends)
    await once(socket, 'close')
    server.close()
    let at = 0
    for (const each of sees) {
      const found = text.indexOf(each, at)
      expect(found, `${each} in ${JSON.stringify(text)}`).toBeGreaterThanOrEqual(at)
      at = found + each.length
    }
    for (const each of never) expect(text).not.toContain(each)
    const answers = sees.filter((each) => each === COOKIE).length
    expect([text.split(COOKIE).length - 1, inner.size]).toEqual([answers, answers])
  })
})
