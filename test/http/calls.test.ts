import { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { describe, expect, it, vi } from 'vitest'
import { installSessions, useReadonlySession, useSession } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { cookieOf, define, direct, schema } from './harness.js'

const express = createRequire(import.meta.url)('express') as () => unknown
const definition = define(memoryStore())
const request = new Request('http://x')
const nodeRequest = Object.assign(new IncomingMessage(new Socket()), { app: {} })
const event = new h3v2.H3Event(request)

describe('a wrong call is one sentence with a code that says what came', () => {
  it.each<[string, unknown, string]>([
    ['a Request, as in the upgrade of a WebSocket', request, 'useReadonlySession(request, definition)'],
    ['a WebSocket peer', { request, send() {} }, 'peer.request'],
    ['a request of Express', nodeRequest, 'request of node or Express'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', 'event', 'string'],
    ['a promise of an event', Promise.resolve(event), 'the event of an h3 handler'],
    ['an event without a request', { req: undefined, node: {} }, 'the event of an h3 handler'],
    ['the context of an event', event.context, 'the event of an h3 handler'],
  ])('useSession(%s)', async (_name, wrong, says) => {
    const asked = useSession(wrong as never, definition)
    await expect(asked).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(says) })
    if (wrong === request) return
    await expect(useReadonlySession(wrong as never, definition)).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('useReadonlySession('),
    })
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'got undefined'],
    ['a name', 'session', 'string'],
    ['the schema', schema, 'what defineSession(...) returned'],
    ["h3's configuration", { password: 'x'.repeat(32) }, "h3's own useSession"],
    ['a promise of one', Promise.resolve(definition), 'Await it'],
    ['the store', memoryStore(), 'what defineSession(...) returned'],
  ])('useSession(event, %s), of both majors, installed or not', async (_name, wrong, says) => {
    const seen: unknown[] = []
    const ask = async (given: h3v1.H3Event | h3v2.H3Event) => {
      for (const use of [useSession, useReadonlySession]) {
        await expect(use(given, wrong as never)).rejects.toMatchObject({
          code: 'ERR_SESSION_CONFIG',
          message: expect.stringContaining(says),
        })
      }
      await expect(useReadonlySession(request, wrong as never)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
      return seen.push(given)
    }
    for (const installed of [true, false]) {
      const v1 = h3v1.createApp()
      const v2 = new h3v2.H3({ silent: true })
      if (installed) for (const app of [v1, v2]) installSessions(app)
      v1.use('/', h3v1.eventHandler(ask))
      v2.get('/', ask)
      await direct(h3v1.toWebHandler(v1)).get('/')
      await direct(async (incoming) => v2.request(incoming)).get('/')
    }
    expect(seen).toHaveLength(4)
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a handler', h3v1.eventHandler(() => 'x'), 'function'],
    ['an Express app', express(), 'Express'],
    ['a router', h3v1.createRouter(), 'router'],
    ['an event', event, 'needs an h3 app'],
    ['a promise of an app', Promise.resolve(new h3v2.H3()), 'needs an h3 app'],
    ['a Nitro app whose h3 is none', { h3: {}, hooks: {} }, 'needs an h3 app'],
    ['a server', new ServerResponse(nodeRequest), 'needs an h3 app'],
  ])('installSessions(%s)', (_name, wrong, says) => {
    expect(() => installSessions(wrong as never)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG', message: expect.stringContaining(says) }),
    )
  })

  it('two copies of the library in one process are named, and one alone is not', async () => {
    vi.resetModules()
    const other = await import('../../src/h3/index.js')
    expect(other.useSession).not.toBe(useSession)
    const app = new h3v2.H3()
    installSessions(app)
    app.get('/', (given) => other.useSession(given, definition).catch((error: Error) => error.message))
    const said = await direct(async (incoming) => app.request(incoming)).get('/')
    expect(said.text).toContain('two copies')
    other.installSessions(new h3v2.H3())
    const again = await direct(async (incoming) => app.request(incoming)).get('/')
    expect(again.text).toContain('Call installSessions(app)')
  })
})

describe('an app as Nitro 3 has it, without `use`', () => {
  it.each(['nitroApp', 'nitroApp.h3'])('installSessions(%s)', async (which) => {
    const h3 = new h3v2.H3Core({ silent: true })
    h3['~findRoute'] = () => ({
      data: {
        handler: async (given: h3v2.H3Event) => {
          const session = await useSession(given, definition)
          session.set('a', 1)
        },
      } as never,
    })
    installSessions(which === 'nitroApp' ? { h3 } : h3)
    const reply = await direct(async (incoming) => h3.fetch(incoming)).get('/')
    expect([reply.status, reply.cookies.length]).toEqual([200, 1])
  })
})

describe('an event whose request is not the one its session was opened for', () => {
  const equal = (req: Request) => new Request(req.url, { headers: new Headers(req.headers) })

  it.each<[string, (given: h3v2.H3Event) => unknown]>([
    ['with the context of the outer one', (given) => new h3v2.H3Event(equal(given.req), given.context)],
    ['spread, with another request', (given) => Object.assign({}, given, { req: equal(given.req) })],
    ['made from the outer one as its prototype', (given) => Object.create(given, { req: { value: equal(given.req) } })],
    [
      'the same, with its request replaced by one with equal headers',
      (given) => Object.assign(given, { req: equal(given.req) }),
    ],
  ])('h3 v2: %s gets no session', async (_name, derive) => {
    const app = new h3v2.H3({ silent: true })
    installSessions(app)
    app.get('/', async (given) => {
      ;(await useSession(given, definition)).set('user', 'ann')
      const inner = derive(given) as h3v2.H3Event
      return useSession(inner, definition).then(
        () => 'had one',
        (error: { code: string }) => error.code,
      )
    })
    const reply = await direct(async (incoming) => app.request(incoming)).get('/')
    expect(reply.text).toMatch(/^ERR_SESSION_(CACHED|NOT_INSTALLED)$/)
    expect(cookieOf(reply)).not.toBe('')
  })

  it.each<[string, (req: h3v1.H3Event['node']['req']) => unknown]>([
    [
      'a proxy of the request that has equal headers',
      (req) => new Proxy(req, { get: (of, name) => (name === 'headers' ? { ...of.headers } : Reflect.get(of, name)) }),
    ],
    ['a copy of the request', (req) => Object.assign({}, req)],
    ['a request made from the outer one', (req) => Object.create(req)],
  ])('h3 v1: with %s gets no session, and a whole app that is handed it sets no cookie', async (_name, derive) => {
    const [app, sub] = [h3v1.createApp(), h3v1.createApp()]
    for (const each of [app, sub]) installSessions(each)
    const ask = (given: h3v1.H3Event) =>
      useSession(given, definition).then(
        () => 'had one',
        (error: { code: string }) => error.code,
      )
    sub.use(h3v1.eventHandler(ask))
    const set: string[] = []
    const bodies: unknown[] = []
    const swallowing = {
      statusCode: 200,
      getHeader: () => undefined,
      setHeader: (name: string) => void set.push(name),
      end: (body: unknown) => void bodies.push(body),
    }
    app.use(
      h3v1.eventHandler(async (given) => {
        ;(await useSession(given, definition)).set('user', 'ann')
        const inner = h3v1.createEvent(derive(given.node.req) as never, swallowing as never)
        await sub.handler(inner)
        const spread = Object.assign({}, given, { node: inner.node })
        return [await ask(inner), await ask(spread as never)]
      }),
    )
    const reply = await direct(h3v1.toWebHandler(app)).get('/')
    expect([JSON.parse(reply.text), bodies]).toEqual([
      ['ERR_SESSION_CACHED', 'ERR_SESSION_CACHED'],
      ['ERR_SESSION_CACHED'],
    ])
    expect([set.includes('set-cookie'), cookieOf(reply) !== '']).toEqual([false, true])
  })

  it('h3 v2: a request with another URL or a limited body is still the same one', async () => {
    const app = new h3v2.H3({ silent: true })
    installSessions(app)
    app.use(h3v2.bodyLimit(1000))
    app.post('/', async (given) => {
      ;(await useSession(given, definition)).set('user', 'ann')
      const elsewhere = new h3v2.H3Event(h3v2.requestWithURL(given.req, 'http://x/other') as never)
      return (await useSession(elsewhere, definition)).get('user')
    })
    const reply = await direct(async (incoming) => app.request(incoming)).get('/', undefined, {
      method: 'POST',
      body: 'hi',
    })
    expect([reply.text, cookieOf(reply) !== '']).toEqual(['ann', true])
  })
})
