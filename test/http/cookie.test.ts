import { afterEach, describe, expect, it } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { cookieStore } from '../../src/stores/cookie.js'
import { memoryStore } from '../../src/stores/memory.js'
import { cookieOf, define, edges, type Site, signal, useSession } from './harness.js'

const secrets = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'
const kinds = [
  { kind: 'alone', carrier: () => cookieStore({ secrets }), revocable: false },
  {
    kind: 'with revocations',
    carrier: () => cookieStore({ secrets, revocations: memoryStore(), revocationLag: 0 }),
    revocable: true,
  },
]

for (const edge of edges) {
  describe.each(kinds)(`a session in its cookie, ${edge.name}, $kind`, ({ carrier, revocable }) => {
    let site: Site | undefined
    afterEach(() => site?.close())

    async function start() {
      const definition = define(carrier() as never)
      const open = (event: H3EventLike) => useSession(event, definition)
      const go = signal()
      const ready = signal()
      site = await edge.serve({
        '/login': async (event) => {
          const session = await open(event)
          await session.regenerate()
          session.set('user', 'ada')
          session.flash.set('notice', 'Welcome')
          return 'in'
        },
        '/visit': async (event) => {
          ;(await open(event)).set('theme', 'dark')
          return 'ok'
        },
        '/read': async (event) => (await open(event)).data,
        '/notice': async (event) => ({ notice: (await (await open(event)).flash.take('notice')) ?? null }),
        '/large': async (event) => {
          ;(await open(event)).set('user', 'x'.repeat(9000))
          return 'ok'
        },
        '/fail': async (event) => {
          ;(await open(event)).set('user', 'eve')
          throw new Error('on purpose')
        },
        '/logout': async (event) => {
          await (await open(event)).destroy()
          return 'out'
        },
        '/slow': async (event) => {
          const session = await open(event)
          session.set('a', 1)
          ready.done()
          await go.promise
          return 'late'
        },
      })
      const own = site
      return { get: (path: string, cookie?: string) => own.get(path, cookie), go, ready }
    }
    const userIn = ({ text }: { text: string }) => (JSON.parse(text) as { user?: string }).user

    it('J7: an anonymous read sets no cookie; a write does, with no-store, and a read varies by it', async () => {
      const { get } = await start()
      const anonymous = await get('/read')
      expect(anonymous.cookies).toEqual([])
      expect(anonymous.headers.get('vary')).toMatch(/cookie/i)
      const visit = await get('/visit')
      expect(visit.cookies[0]).toMatch(/^session=[A-Za-z0-9_-]+; Path=\/; HttpOnly; SameSite=Lax$/)
      expect(visit.headers.get('cache-control')).toBe('no-store')
      expect((await get('/read', cookieOf(visit))).cookies).toEqual([])
    })

    it('J4, J5: a login gives another session, with the data of the one before; the one before is not logged in', async () => {
      const { get } = await start()
      const visit = cookieOf(await get('/visit'))
      const login = cookieOf(await get('/login', visit))
      expect(JSON.parse((await get('/read', login)).text)).toMatchObject({ user: 'ada', theme: 'dark' })
      expect(userIn(await get('/read', visit))).toBeUndefined()
      if (revocable) expect(JSON.parse((await get('/read', visit)).text)).toMatchObject({ theme: 'light' })
    })

    it('J11: over 4096 bytes is an error and no cookie; a failed response stores nothing', async () => {
      const { get } = await start()
      const large = await get('/large')
      expect([large.status, large.cookies]).toEqual([500, []])
      const login = cookieOf(await get('/login'))
      const failed = await get('/fail', login)
      expect([failed.status, failed.cookies]).toEqual([500, []])
      expect(userIn(await get('/read', login))).toBe('ada')
    })

    it('a flash reaches the next response, and with revocations one of many', async () => {
      const { get } = await start()
      const login = cookieOf(await get('/login'))
      const first = await get('/notice', login)
      expect(JSON.parse(first.text)).toEqual({ notice: 'Welcome' })
      expect(JSON.parse((await get('/notice', cookieOf(first))).text)).toEqual({ notice: null })
      const again = cookieOf(await get('/login'))
      const takes = await Promise.all(Array.from({ length: 5 }, () => get('/notice', again)))
      const delivered = takes.filter(({ text }) => text.includes('Welcome'))
      expect(delivered).toHaveLength(revocable ? 1 : 5)
    })

    it('a logout removes the cookie, and with revocations what was copied of it', async () => {
      const { get } = await start()
      const login = cookieOf(await get('/login'))
      const logout = await get('/logout', login)
      expect(logout.cookies[0]).toMatch(/^session=;.*Max-Age=0/)
      expect(userIn(await get('/read', login))).toBe(revocable ? undefined : 'ada')
    })

    it('J1: a slow writer that ends after a logout does not bring it back, where that can be known', async () => {
      const { get, go, ready } = await start()
      const login = cookieOf(await get('/login'))
      const slow = get('/slow', login)
      await ready.promise
      await get('/logout', login)
      go.done()
      const late = await slow
      const cookie = late.cookies.length > 0 ? cookieOf(late) : login
      expect(userIn(await get('/read', cookie))).toBe(revocable ? undefined : 'ada')
    })
  })
}
