import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { BuiltServer } from '../support/built-server.js'
import { start } from './server.js'

describe.each(['nitro2', 'nitro3'])('%s: an event whose request is not the one its session was opened for', (app) => {
  let server: BuiltServer
  let ann = ''
  let asked = 0
  beforeAll(async () => {
    server = await start(app)
    ann = server.cookieOf(await server.get('/login?user=ann'))
  })
  afterAll(() => server.stop())

  const kinds = ['cached', 'swr', 'isr', 'cache', 'function', 'functionevent']
  const ways = ['use', 'readonly', 'write', 'use-late', 'readonly-late']
  const cases = kinds.flatMap((kind) => ways.map((way) => [kind, way] as const))

  it.each(cases)(
    'a cached handler or function (/%s) that asks by %s is refused, whoever asks first',
    async (kind, way) => {
      for (const opened of ['', '&opened', '&opened=set']) {
        for (const order of [
          [ann, undefined],
          [undefined, ann],
        ]) {
          // Another address each time, so that every case begins with an empty cache.
          const path = `/${kind}/${way}/${asked++}?${kind === 'isr' ? '' : opened}`
          for (const cookie of order) {
            const reply = await server.get(path, cookie)
            expect([path, reply.status, reply.json['code']]).toEqual([path, 200, 'ERR_SESSION_CACHED'])
            if (!path.includes('set')) expect([path, reply.cookies]).toEqual([path, []])
          }
        }
      }
      expect((await server.get('/me', ann)).json).toEqual({ user: 'ann' })
    },
  )

  it.each(['cached', 'swr', 'isr', 'cache', 'function'])(
    'uncaught (/%s) it is a 500 that the log explains',
    async (kind) => {
      const reply = await server.get(`/${kind}/throw/${asked++}`, ann)
      expect([reply.status, reply.cookies]).toEqual([500, []])
      await vi.waitFor(() => expect(server.output()).toContain('outside the cached handler'))
    },
  )

  it('a middleware that opens the session of an isr route is refused: the platform caches the whole response', async () => {
    expect((await server.get('/isr/none/0?opened', ann)).status).toBe(500)
  })

  it('what is written instead works: the session read outside, the value as the key', async () => {
    expect((await server.get('/functionvalue', ann)).json).toEqual({ page: 'for ann' })
    expect((await server.get('/functionvalue')).json).toEqual({ page: 'for anyone' })
    expect((await server.get('/functionvalue', ann)).json).toEqual({ page: 'for ann' })
  })

  it('a session in the same request as a cached handler keeps working, and its cookie arrives', async () => {
    const first = await server.get('/after')
    expect([first.status, first.json, first.cookies.length]).toEqual([200, { user: null }, 1])
    expect((await server.get('/after', ann)).json).toEqual({ user: 'ann' })
  })

  it.each(['proxied', 'spread'])('an event that was made from another (%s) gets none of its session', async (kind) => {
    for (const opened of ['', '&opened']) {
      for (const how of ['use', 'readonly', 'write']) {
        const { json, cookies } = await server.get(`/${kind}/${how}/0?${opened}`, ann)
        expect([how, json['user'] ?? null, cookies]).toEqual([how, null, []])
      }
    }
  })

  it('sub-requests are requests of their own, and leave the outer one alone', async () => {
    const { json, cookies } = await server.get('/inner?opened', ann)
    expect(json).toEqual({
      plain: { user: null },
      forwarded: { user: 'ann' },
      context: { user: null },
      outer: { user: 'ann' },
    })
    expect(cookies).toEqual([])
  })
})
