import { afterEach, describe, expect, it } from 'vitest'
import { createCsrf } from '../../src/csrf/index.js'
import type { H3EventLike } from '../../src/h3/index.js'
import { cookieStore } from '../../src/stores/cookie.js'
import { memoryStore } from '../../src/stores/memory.js'
import { cookieOf, define, edges, type Site, useSession } from './harness.js'

const secrets = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'
const stores = [
  { kind: 'memory store', make: () => memoryStore() },
  { kind: 'session in its cookie', make: () => cookieStore({ secrets }) },
]

for (const edge of edges) {
  describe.each(stores)(`CSRF, ${edge.name}, $kind`, ({ make }) => {
    let site: Site | undefined
    afterEach(() => site?.close())

    async function start() {
      const definition = define(make() as never)
      const open = (event: H3EventLike) => useSession(event, definition)
      const csrf = createCsrf<H3EventLike>({
        session: open,
        trustedOrigins: ['https://partner.example'],
      })
      site = await edge.serve({
        '/form': (event) => csrf.token(event),
        '/transfer-form': (event) => csrf.token(event, 'transfer'),
        '/buy': async (event) => {
          await csrf.verify(event)
          return 'bought'
        },
        '/transfer': async (event) => {
          await csrf.verify(event, { form: 'transfer' })
          return 'sent'
        },
        '/login': async (event) => {
          await csrf.verify(event)
          const session = await open(event)
          await session.regenerate()
          session.set('user', 'ada')
          return 'in'
        },
        '/rotate': async (event) => {
          await (await open(event)).rotate()
          return 'rotated'
        },
      })
      const own = site
      return {
        get: (path: string, cookie?: string) => own.get(path, cookie),
        post: (path: string, token: string | undefined, cookie?: string, headers: Record<string, string> = {}) =>
          own.get(path, cookie, {
            method: 'POST',
            headers: { ...(token === undefined ? {} : { 'x-csrf-token': token }), ...headers },
          }),
      }
    }

    it('takes the token of the session, masked anew each time, and no other', async () => {
      const { get, post } = await start()
      const first = await get('/form')
      const cookie = cookieOf(first)
      const second = await get('/form', cookie)
      expect(second.text).not.toBe(first.text)
      expect(second.cookies).toEqual([])
      for (const token of [first.text, second.text]) expect((await post('/buy', token, cookie)).status).toBe(200)
      const stranger = await get('/form')
      const changed = `${first.text.startsWith('A') ? 'B' : 'A'}${first.text.slice(1)}`
      for (const token of [undefined, '', 'x', stranger.text, changed, `${first.text}A`])
        expect((await post('/buy', token, cookie)).status).toBe(403)
      expect((await post('/buy', first.text)).status).toBe(403)
      expect((await post('/buy', first.text, cookieOf(stranger))).status).toBe(403)
    })

    it('survives a new id for hygiene, and not a login: what was known before it is worth nothing', async () => {
      const { get, post } = await start()
      const form = await get('/form')
      const rotated = cookieOf(await get('/rotate', cookieOf(form)))
      expect((await post('/buy', form.text, rotated)).status).toBe(200)
      const login = await post('/login', form.text, rotated)
      expect([login.status, login.text]).toEqual([200, 'in'])
      const cookie = cookieOf(login)
      expect((await post('/buy', form.text, cookie)).status).toBe(403)
      const next = await get('/form', cookie)
      expect((await post('/buy', next.text, next.cookies.length > 0 ? cookieOf(next) : cookie)).status).toBe(200)
    })

    it('refuses a login that another site sends, whether or not the visitor has a session', async () => {
      const { post } = await start()
      expect((await post('/login', undefined)).status).toBe(403)
      expect((await post('/login', undefined, undefined, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    })

    it('has tokens for one form alone', async () => {
      const { get, post } = await start()
      const form = await get('/form')
      const cookie = cookieOf(form)
      const transfer = await get('/transfer-form', cookie)
      expect((await post('/transfer', transfer.text, cookie)).status).toBe(200)
      expect((await post('/transfer', form.text, cookie)).status).toBe(403)
      expect((await post('/buy', transfer.text, cookie)).status).toBe(403)
    })

    it('refuses what browsers say comes from elsewhere, in spite of a good token', async () => {
      const { get, post } = await start()
      const { text: token, ...form } = await get('/form')
      const cookie = cookieOf({ text: token, ...form })
      const send = async (headers: Record<string, string>) => (await post('/buy', token, cookie, headers)).status
      expect(await send({ 'sec-fetch-site': 'same-origin' })).toBe(200)
      expect(await send({ 'sec-fetch-site': 'none' })).toBe(200)
      for (const site of ['cross-site', 'same-site', 'made-up'])
        expect(await send({ 'sec-fetch-site': site })).toBe(403)
      for (const origin of ['https://evil.example', 'null', 'https://partner.example.evil'])
        expect(await send({ origin })).toBe(403)
      expect(await send({ origin: 'https://partner.example', 'sec-fetch-site': 'cross-site' })).toBe(200)
      expect(await send({ referer: 'https://evil.example/page' })).toBe(403)
    })
  })
}
