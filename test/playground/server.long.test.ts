import { readdirSync } from 'node:fs'
import { parse } from 'devalue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuiltServer, Reply } from '../support/built-server.js'
import { folder, start } from './app.js'

const AGENT = { 'user-agent': 'Browser/1', accept: 'text/html' }
const [OLD, NEW] = ['an older secret of 32 characters and more', 'the newest secret of 32 characters and more']

const shown = (reply: Reply, id: string) => new RegExp(`id="${id}"[^>]*>(?:<[^>]*>)?([^<]*)<`).exec(reply.text)?.[1]

describe('the built playground, asked without a browser', () => {
  let server: BuiltServer
  let sessions: string
  beforeAll(async () => {
    sessions = folder()
    server = await start({ NUXT_ZESSION_STORE_URL: `file:${sessions}` })
  })
  afterAll(() => server.stop())

  const page = (path: string, cookie?: string) => server.get(path, cookie, { headers: AGENT })
  const logIn = (on: BuiltServer, cookie?: string) => on.get('/api/login', cookie, { method: 'POST' })
  const expiresAt = async (cookie: string) => {
    const { text } = await server.get('/api/_session', cookie)
    return (parse(text, { zession: (value) => value }) as { expiresAt: number }).expiresAt
  }

  it('who only reads, as bots do, gets no cookie and stores nothing', async () => {
    for (const path of ['/', '/login', '/parallel', '/account', '/cached', '/api/me', '/api/_session'])
      for (const method of ['GET', 'HEAD'])
        expect([path, (await server.get(path, undefined, { method, headers: AGENT })).cookies]).toEqual([path, []])
    expect(readdirSync(sessions, { recursive: true })).toEqual([])
  })

  it('a page never says that more time is left than the session may live', async () => {
    const cookie = server.cookieOf(await logIn(server))
    const replies = await Promise.all(Array.from({ length: 60 }, () => page('/tabs', cookie)))
    expect([...new Set(replies.map((reply) => shown(reply, 'left')))]).toEqual(['900 s'])
  })

  it('use prolongs a session', async () => {
    const cookie = server.cookieOf(await logIn(server))
    const before = await expiresAt(cookie)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await expiresAt(cookie)) - before).toBeGreaterThanOrEqual(1000)
  })

  it.each([
    ['a login', () => logIn(server)],
    ['a login over a session', (cookie: string) => logIn(server, cookie)],
    ['a page that writes four times', () => page('/rendered')],
    ['a logout', (cookie: string) => server.get('/api/logout', cookie, { method: 'POST' })],
  ])('%s sets one cookie of a name', async (_what, run) => {
    const reply = await run(server.cookieOf(await logIn(server)))
    expect(reply.cookies).toEqual([expect.stringMatching(/^__Host-session=/)])
  })

  it('the store is that of the environment the server runs in, not of its build', async () => {
    const cookie = server.cookieOf(await logIn(server))
    expect(readdirSync(sessions, { recursive: true }).length).toBeGreaterThan(0)
    const elsewhere = await start()
    expect((await elsewhere.get('/api/me', cookie)).json).toMatchObject({ userId: null })
    await elsewhere.stop()
  })

  it('a new secret in front of the old one logs nobody out, a server without the old one does', async () => {
    const store = { NUXT_ZESSION_STORE_URL: `file:${folder()}` }
    const seen = async (secrets: string, cookie?: string) => {
      const other = await start({ ...store, NUXT_ZESSION_SECRETS: secrets })
      try {
        if (cookie === undefined) return other.cookieOf(await logIn(other))
        return (await other.get('/api/me', cookie)).json['userId']
      } finally {
        await other.stop()
      }
    }
    const cookie = await seen(OLD)
    expect(await seen(`${NEW},${OLD}`, cookie)).toBe('Ada')
    expect(await seen(NEW, cookie)).toBe(null)
  })

  it.each([
    ['NUXT_ZESSION_SECRETS', 'short'],
    ['NUXT_ZESSION_STORE_URL', 'no address'],
  ])('%s that is no good stops the server with a sentence that names it', async (name, value) => {
    await expect(start({ [name]: value })).rejects.toThrow(name)
  })

  it('what a handler changed is kept with 422 and dropped with 500, and an outage logs nobody out', async () => {
    const cookie = server.cookieOf(await logIn(server))
    const visits = async () => (await server.get('/api/me', cookie)).json['visits']
    expect((await server.get('/api/fail/422', cookie, { method: 'POST' })).status).toBe(422)
    expect(await visits()).toBe(100)
    expect((await server.get('/api/fail/500', cookie, { method: 'POST' })).status).toBe(500)
    expect(await visits()).toBe(100)

    const body = JSON.stringify({ seconds: 1 })
    await server.get('/api/outage', undefined, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const failed = await server.get('/api/visit', cookie)
    expect([failed.status, failed.headers.get('retry-after'), failed.cookies]).toEqual([503, '5', []])
    expect(failed.json).toMatchObject({ data: { code: 'ERR_SESSION_STORE' } })
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await server.get('/api/me', cookie)).json).toMatchObject({ userId: 'Ada', visits: 100 })
  })
})
