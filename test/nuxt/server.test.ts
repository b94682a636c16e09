import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuiltServer, Reply } from '../support/built-server.js'
import { output, start } from './app.js'

const AGENT = { 'user-agent': 'Browser/1' }
const OWN = { 'sec-fetch-site': 'same-origin' }

let server: BuiltServer
let ann = ''
beforeAll(async () => {
  server = await start()
  ann = await logIn()
})
afterAll(() => server.stop())

const page = (path: string, cookie?: string, headers = {}) =>
  server.get(path, cookie, { headers: { ...AGENT, accept: 'text/html', ...headers } })
const api = (method: string, body?: string, cookie = ann, headers: object = OWN) =>
  server.get('/api/_session', cookie, { method, headers: { ...headers }, ...(body !== undefined && { body }) })
const shown = (reply: Reply, id: string) => new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(reply.text)?.[1]

async function logIn(): Promise<string> {
  return server.cookieOf(await server.get('/api/login', undefined, { method: 'POST' }))
}

describe('a page', () => {
  it('of a new visitor is anonymous: no cookie, nothing stored', async () => {
    const reply = await page('/')
    expect([reply.status, reply.cookies, reply.headers.get('vary')]).toEqual([200, [], 'Cookie'])
    expect(['user', 'status', 'theme', 'expires'].map((id) => shown(reply, id))).toEqual([
      'nobody',
      'anonymous',
      'light',
      'never',
    ])
  })

  it('shows what is exposed, type for type, and nothing else is in it', async () => {
    const reply = await page('/', ann)
    expect(['user', 'status', 'kinds'].map((id) => shown(reply, id))).toEqual(['7', 'active', 'true,true,true,true'])
    expect([reply.headers.get('vary'), reply.headers.get('cache-control')]).toEqual([
      expect.stringMatching(/^Cookie\b/),
      'no-store',
    ])
    for (const hidden of ['SECRET-TOKEN', 'token', ann.split('=')[1] ?? '']) expect(reply.text).not.toContain(hidden)
  })

  it('whose parallel and later internal requests write makes one session for a new visitor, and carries its cookie', async () => {
    const reply = await page('/writes')
    expect([reply.cookies.length, reply.headers.get('vary'), reply.headers.get('cache-control')]).toEqual([
      1,
      'Cookie',
      'no-store',
    ])
    expect(shown(reply, 'visits')).toBe('4')
    expect((await server.get('/api/me', server.cookieOf(reply))).json).toMatchObject({ visits: 4 })
  })

  it.each([
    ['its setup', '/moves'],
    ['its middleware', '/moves-before'],
  ])('that moves on by navigateTo in %s keeps what its internal requests wrote', async (_where, path) => {
    const reply = await page(path)
    expect([reply.status, reply.headers.get('location'), reply.cookies.length]).toEqual([302, '/other', 1])
    expect((await server.get('/api/me', server.cookieOf(reply))).json).toMatchObject({ visits: 1 })
  })

  it('shows a flash once, of 50 loads at the same time too', async () => {
    const cookie = await logIn()
    const replies = await Promise.all(Array.from({ length: 50 }, () => page('/', cookie)))
    expect(replies.filter((reply) => shown(reply, 'notice') === 'Welcome back')).toHaveLength(1)
    expect(shown(await page('/', cookie), 'notice')).toBe('none')
  })

  it.each([
    ['is only fetched ahead', 'GET', { 'sec-purpose': 'prefetch' }],
    ['is asked for by HEAD', 'HEAD', {}],
  ])('that %s leaves the flash where it is', async (_what, method, headers) => {
    const cookie = await logIn()
    await server.get('/', cookie, { method, headers: { ...AGENT, ...headers } })
    expect(shown(await page('/', cookie), 'notice')).toBe('Welcome back')
  })

  it.each(['/swr', '/prerendered'])('that is made for everybody (%s) knows no session and sets none', async (path) => {
    for (const cookie of [ann, undefined]) {
      const reply = await page(path, cookie)
      expect([shown(reply, 'status'), shown(reply, 'user'), reply.cookies]).toEqual(['unknown', 'nobody', []])
    }
  })

  it('that is made for everybody refuses the sessions of its internal requests', async () => {
    for (const cookie of [undefined, ann]) {
      const reply = await page('/swr-writes', cookie)
      expect([shown(reply, 'error'), reply.cookies]).toEqual(['500', []])
    }
  })

  it('is logged in by a form that redirects to it', async () => {
    const reply = await server.get('/api/login', undefined, { method: 'POST' })
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/'])
    expect(shown(await page('/', server.cookieOf(reply)), 'notice')).toBe('Welcome back')
  })
})

describe('the header that says that the exposed view changed', () => {
  const changed = (reply: Reply) => reply.headers.get('zession-changed')
  const post = (path: string, cookie?: string) => server.get(path, cookie, { method: 'POST' })
  const hashOf = async (cookie: string) =>
    /"([\w-]{16})"\]?$/.exec((await api('GET', undefined, cookie)).text)?.[1] ?? 'none'

  it('is absent from a request that changed nothing', async () => {
    expect([changed(await server.get('/api/me', ann)), changed(await server.get('/api/me'))]).toEqual([null, null])
  })

  it.each([['/api/visit'], ['/api/admin']])(
    'names the session and its view, of an old and of a new one (%s)',
    async (path) => {
      const name = path === '/api/admin' ? 'admin' : 'session'
      const first = await server.get(path)
      expect(changed(first)).toMatch(new RegExp(`^${name}=[\\w-]{16}$`))
      if (name === 'session') {
        const second = await server.get(path, server.cookieOf(first))
        expect(changed(second)).toMatch(/^session=[\w-]{16}$/)
        expect(changed(second)).not.toBe(changed(first))
        expect(changed(second)).toBe(`session=${await hashOf(server.cookieOf(first))}`)
      }
    },
  )

  it('says that the session has ended', async () => {
    expect(changed(await post('/api/logout', await logIn()))).toBe('session=ended')
  })

  it('is there with a redirect, for a login that queued a flash', async () => {
    expect(changed(await post('/api/login'))).toMatch(/^session=[\w-]{16}$/)
  })
})

describe('handlers', () => {
  it('get the session of another file by its name', async () => {
    const reply = await server.get('/api/admin')
    expect(reply.json).toEqual({ name: 'Ada' })
    expect(reply.cookies).toEqual([expect.stringMatching(/^__Host-admin=/)])
  })

  it('have secure cookies in a build, with no NODE_ENV', () => {
    expect(ann).toMatch(/^__Host-session=/)
  })
})

describe('what pages ask for', () => {
  it('a view that keeps its types, for nobody to store', async () => {
    const reply = await api('GET')
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(reply.text).toContain('["BigInt","12345678901234567890"]')
    expect(reply.text).not.toContain('SECRET-TOKEN')
  })

  it.each([
    ['from nowhere', {}],
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ['from a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['from another origin', { origin: 'https://other.example' }],
    ['from no origin that is one', { origin: 'null' }],
  ])('nothing is changed by a request %s', async (_from, headers) => {
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', '[{"key":1,"value":2},"theme","dark"]'],
      ['POST', '[{"channel":1},"notice"]'],
    ] as const) {
      expect((await api(method, body, ann, headers)).status).toBe(403)
    }
    expect((await server.get('/api/me', ann)).json).toMatchObject({ userId: 7 })
  })

  it.each([
    ['a key that is writable', '[{"key":1,"value":2},"theme","dark"]', 200],
    ['a value that the schema refuses', '[{"key":1,"value":2},"theme","green"]', 422],
    ['a key that is not writable', '[{"key":1,"value":2},"userId",8]', 403],
    ['a key that the schema does not know', '[{"key":1,"value":2},"__proto__",8]', 403],
    ['no body', '', 400],
    ['another body', '{"key":"theme"}', 400],
    ['text', 'theme=dark', 400],
  ])('%s is set, or refused', async (_what, body, status) => {
    expect((await api('PATCH', body)).status).toBe(status)
    expect((await server.get('/api/me', ann)).json).toMatchObject({ userId: 7 })
  })

  it.each(['nobody', '__proto__', 'constructor'])('there is no session `%s`', async (name) => {
    expect((await server.get(`/api/_session?name=${name}`, ann)).status).toBe(404)
  })

  it('DELETE ends the session on the server', async () => {
    const cookie = await logIn()
    const reply = await api('DELETE', undefined, cookie)
    expect(reply.cookies).toEqual([expect.stringMatching(/^__Host-session=;.*Max-Age=0/)])
    expect((await server.get('/api/me', cookie)).json).toMatchObject({ userId: null, isNew: true })
  })
})

describe('guards', () => {
  it.each(['/account', '/account/', '/account?tab=2', '/account/nested/page'])(
    'a page (%s) sends a visitor without a login there, and knows the way back',
    async (path) => {
      const reply = await page(path)
      expect([reply.status, reply.headers.get('location')]).toEqual([302, `/login?next=${encodeURIComponent(path)}`])
      expect(reply.cookies).toEqual([])
    },
  )

  it.each([
    '/members',
    '/members/',
    '/MEMBERS',
    '/m%65mbers',
    '//members',
    '/members/_payload.json',
    '/members?next=/',
  ])('a page that says so itself (%s) is guarded like a route rule', async (path) => {
    const reply = await page(path)
    expect([reply.status, reply.headers.get('location')]).toEqual([
      302,
      `/login?next=${encodeURIComponent(path.replace('%65', 'e'))}`,
    ])
  })

  it.each(['/ACCOUNT', '/%61ccount', '//account', '/account/_payload.json'])(
    'another spelling (%s) does not pass the guard of a route rule',
    async (path) => {
      expect((await page(path)).status).toBe(302)
    },
  )

  it('of two pages whose patterns both match the more exact one decides', async () => {
    expect((await page('/members/join')).status).toBe(200)
    expect((await page('/members/7')).status).toBe(401)
    expect((await page('/members/7', ann)).status).toBe(200)
    expect((await page('/members', ann)).text).toContain('Members')
  })

  it('a page is shown with a login', async () => {
    expect((await page('/account', ann)).text).toContain('Account <!--[-->7'.slice(0, 7))
    expect((await page('/account', ann)).status).toBe(200)
  })

  it('a route is a 401 with a code, also where its page would redirect', async () => {
    expect((await server.get('/api/account/secret')).status).toBe(401)
    expect((await server.get('/account', undefined, { headers: { accept: 'application/json' } })).status).toBe(401)
    expect((await server.get('/api/account/secret')).json).toMatchObject({ data: { code: 'ERR_SESSION_REQUIRED' } })
    expect((await server.get('/api/account/secret', ann)).json).toEqual({ userId: 7 })
  })

  it('the pattern that says most wins: a login that is too old is a 401', async () => {
    const cookie = await logIn()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect((await server.get('/api/account/password', cookie)).json).toMatchObject({
      data: { code: 'ERR_SESSION_STALE' },
    })
    expect((await server.get('/api/account/secret', cookie)).status).toBe(200)
  })

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/%09/evil.example%0a', 'javascript:alert(1)'])(
    'the way back is a path of this site, never %s',
    async (next) => {
      const back = shown(await page(`/login?next=${encodeURIComponent(next)}`), 'next') ?? ''
      expect(new URL(back, 'http://site.example').origin).toBe('http://site.example')
    },
  )
})

it('the client bundle has nothing of the library or of zod in it, and no definition', () => {
  const folder = join(output, 'public/_nuxt')
  const scripts = readdirSync(folder).filter((file) => file.endsWith('.js'))
  expect(scripts.length).toBeGreaterThan(3)
  const all = scripts.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
  // What it must hold, so that the search is known to search.
  expect(all).toContain('/api/_session')
  for (const foreign of ['ERR_SESSION', 'ZodObject', '_zod', 'defineSession', '__Host-', 'token'])
    expect([foreign, all.includes(foreign)]).toEqual([foreign, false])
})
