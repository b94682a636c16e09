import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, cookieOf } from './edge-app.js'

/** The paths that an app answers besides those of every app. */
export interface Paths {
  /** Those that change the session. */
  readonly also?: readonly string[]
  /** Those whose session cannot be stored. */
  readonly failing?: readonly string[]
}

const status: Readonly<Record<string, number>> = {
  redirect: 302,
  empty: 204,
  throw: 422,
  'no/such/route?opened=1': 404,
}

/** What the app of every framework and runtime must do, whatever it is made with. */
export function edgeLaws(name: string, start: () => Promise<App>, { also = [], failing = [] }: Paths = {}): void {
  describe(name, () => {
    let app: App
    beforeAll(async () => {
      app = await start()
    })
    afterAll(() => app.stop())

    const stored = ['json', 'text', 'redirect', 'empty', 'stream', 'throw', 'no/such/route?opened=1', ...also]
    it.each(stored)('/%s is answered with its cookie, once the session is stored', async (path) => {
      const reply = await app.get(`/${path}`)
      expect([reply.status, reply.cookies.length]).toEqual([status[path] ?? 200, 1])
      expect(reply.cookies[0]).toMatch(/^__Host-session=.*HttpOnly; Secure/)
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.headers.get('vary')?.toLowerCase()).toContain('cookie')
      const me = await app.get('/me', cookieOf(reply))
      expect([JSON.parse(me.text), me.cookies]).toEqual([{ user: 'someone' }, []])
    })

    it.each(['json', 'text', 'stream', ...also.filter((path) => path !== 'file')])(
      '/%s is whole, compressed or not',
      async (path) => {
        for (const encoding of ['gzip', 'identity']) {
          const { text } = await app.get(`/${path}`, undefined, { headers: { 'accept-encoding': encoding } })
          expect(path === 'flush' ? text : text.replaceAll('a page that is worth compressing. ', '')).toMatch(
            path === 'flush' ? /^one two$/ : /^(\{"page":""\})?$/,
          )
        }
      },
    )

    it('HEAD has the cookie and no body', async () => {
      const reply = await app.get('/json', undefined, { method: 'HEAD' })
      expect([reply.status, reply.cookies.length, reply.text]).toEqual([200, 1, ''])
    })

    it('an error of status 500 stores nothing; what was done at once is told with it', async () => {
      const boom = await app.get('/boom')
      expect([boom.status, boom.cookies]).toEqual([500, []])
      const out = await app.get('/out', cookieOf(await app.get('/json')))
      expect([out.status, out.cookies]).toEqual([500, [expect.stringMatching(/^__Host-session=; Max-Age=0;/)]])
    })

    it.each(['fail', 'failstream', 'failsave', ...failing])(
      '/%s, whose session cannot be stored, is a 503 that the error handler has made of its code',
      async (path) => {
        for (const encoding of ['gzip', 'identity']) {
          const reply = await app.get(`/${path}`, undefined, { headers: { 'accept-encoding': encoding } })
          expect([reply.status, reply.cookies, reply.headers.get('retry-after')]).toEqual([503, [], '5'])
          expect([reply.headers.get('location'), reply.text.includes('never seen')]).toEqual([null, false])
          const page = JSON.parse(reply.text) as { data?: { code: string }; code?: string; statusCode?: number }
          expect(page.code ?? page.data?.code).toBe('ERR_SESSION_STORE')
          if (path !== 'failraw') expect(page).toMatchObject({ status: 503, statusCode: 503 })
          if (path !== 'failsave') expect(reply.headers.get('cache-control')).toBe('no-store')
        }
      },
    )

    it('parallel visitors have sessions of their own', async () => {
      const names = Array.from({ length: 20 }, (_, at) => `user${at}`)
      const seen = await Promise.all(
        names.map(async (user) => {
          const { text } = await app.get('/me', cookieOf(await app.get(`/json?user=${user}`)))
          return (JSON.parse(text) as { user: string }).user
        }),
      )
      expect(seen).toEqual(names)
    })
  })
}
