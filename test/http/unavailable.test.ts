import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, it } from 'vitest'
import { down, sendV1 } from './edge-kit.js'
import { asV1, asV2, cookieOf, define, edges, type Handler, type Site, useSession, watch } from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

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
