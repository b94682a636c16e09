import { Readable } from 'node:stream'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, it } from 'vitest'
import { type H3EventLike } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { sendV1 } from './edge-kit.js'
import {
  asV1,
  asV2,
  cookieOf,
  define,
  edges,
  type Handler,
  type Site,
  useReadonlySession,
  useSession,
} from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

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
