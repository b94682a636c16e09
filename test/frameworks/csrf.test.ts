import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, cookieOf, type Reply } from '../support/edge-app.js'
import { startApp } from './app.js'

const edges = ['express', 'fastify', 'koa', 'hono', 'h3-1', 'h3-2', 'web', 'node']

/** A form as browsers send it, and as scripts do. */
const bodies: Readonly<Record<string, (fields: Record<string, string>) => RequestInit>> = {
  urlencoded: (fields) => ({ body: new URLSearchParams(fields) }),
  multipart(fields) {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', new Blob(['x'.repeat(5000)]), 'letter.txt')
    return { body: form }
  },
  json: (fields) => ({ body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }),
}

describe.each(edges)('CSRF on %s, over HTTP', (name) => {
  let app: App
  beforeAll(async () => {
    app = await startApp(`csrf/${name}`)
  })
  afterAll(() => app.stop())

  const post = (path: string, cookie: string | undefined, init: RequestInit = {}) =>
    app.get(path, cookie, { method: 'POST', ...init })
  const withHeader = (token: string, headers: Record<string, string> = {}): RequestInit => ({
    headers: { 'x-csrf-token': token, ...headers },
  })
  const tokenIn = ({ text }: Reply) => /^<input type="hidden" name="_csrf" value="([\w-]{86})">$/.exec(text)?.[1] ?? ''
  const runs = async () => Number((await app.get('/runs')).text)

  async function visit() {
    const form = await app.get('/form')
    return { token: tokenIn(form), cookie: cookieOf(form) }
  }

  it.each(Object.entries(bodies))(
    'the field of a form is found in a body that is %s, which its handler still has',
    async (_, body) => {
      const { token, cookie } = await visit()
      const before = await runs()
      const bought = await post('/buy', cookie, body({ _csrf: token, note: 'hello' }))
      expect([bought.status, bought.text]).toEqual([200, `bought ${before + 1}`])
      const echo = await post('/echo', cookie, body({ _csrf: token, note: 'hello' }))
      expect([echo.status, echo.text]).toEqual([200, 'note: hello'])
      const stranger = await visit()
      for (const fields of [{}, { _csrf: '' }, { _csrf: `${token}A` }, { _csrf: stranger.token }, { csrf: token }])
        expect((await post('/buy', cookie, body({ note: 'x', ...fields } as Record<string, string>))).status).toBe(403)
      expect(await runs()).toBe(before + 1)
    },
  )

  it('what is refused reaches no handler, and what passes reaches it once', async () => {
    const { token, cookie } = await visit()
    const before = await runs()
    for (const init of [{}, withHeader('x'), withHeader(token, { 'sec-fetch-site': 'cross-site' })])
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
        expect((await app.get('/buy', cookie, { ...init, method })).status).toBe(403)
    expect((await post('/buy', undefined, withHeader(token))).status).toBe(403)
    expect(await runs()).toBe(before)
    expect((await post('/buy', cookie, withHeader(token))).text).toBe(`bought ${before + 1}`)
    expect(await runs()).toBe(before + 1)
    expect((await app.get('/token', cookie, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200)
  })

  it('a field that comes twice, a token of another shape, and a body that is none are refused', async () => {
    const { token, cookie } = await visit()
    const twice = new URLSearchParams([
      ['_csrf', 'x'],
      ['_csrf', token],
    ])
    const types = {
      json: 'application/json',
      form: 'application/x-www-form-urlencoded',
      multipart: 'multipart/form-data',
    }
    const inits: RequestInit[] = [
      { body: twice },
      { body: JSON.stringify({ _csrf: [token] }), headers: { 'content-type': types.json } },
      { body: JSON.stringify({ _csrf: { toString: token } }), headers: { 'content-type': types.json } },
      { body: '{"__proto__":{"_csrf":"x"}}', headers: { 'content-type': types.json } },
      { body: 'null', headers: { 'content-type': types.json } },
      { body: '"text"', headers: { 'content-type': types.json } },
      { body: token, headers: { 'content-type': 'text/plain' } },
      { body: `_csrf=${token}`, headers: { 'content-type': 'text/plain' } },
    ]
    for (const init of inits) {
      const { status } = await post('/buy', cookie, init)
      expect([status >= 400 && status < 500, init.body]).toEqual([true, init.body])
    }
    const broken = [
      { body: '{"_csrf":', headers: { 'content-type': types.json } },
      { body: `_csrf=${token}`, headers: { 'content-type': types.multipart } },
    ]
    const before = await runs()
    for (const init of broken) expect((await post('/buy', cookie, init)).status).toBeGreaterThanOrEqual(400)
    expect(await runs()).toBe(before)
  })

  it('a token is for one form alone where forms have tokens of their own', async () => {
    const { token, cookie } = await visit()
    const transfer = tokenIn(await app.get('/transfer-form', cookie))
    const send = async (path: string, _csrf: string) =>
      (await post(path, cookie, { body: new URLSearchParams({ _csrf }) })).status
    expect([await send('/transfer', transfer), await send('/buy', token)]).toEqual([200, 200])
    expect([await send('/transfer', token), await send('/buy', transfer)]).toEqual([403, 403])
  })

  it('a token survives a new id for hygiene and not a login, which needs one itself', async () => {
    const { token, cookie } = await visit()
    const rotated = cookieOf(await post('/rotate', cookie, withHeader(token)))
    expect((await post('/buy', rotated, withHeader(token))).status).toBe(200)
    // Without a session of his own an attacker has no token to bring.
    expect((await post('/login', undefined, withHeader(token))).status).toBe(403)
    const attacker = await visit()
    expect((await post('/login', cookie, withHeader(attacker.token))).status).toBe(403)
    const login = await post('/login', rotated, withHeader(token))
    expect([login.status, login.text]).toEqual([200, 'in'])
    expect((await post('/buy', cookieOf(login), withHeader(token))).status).toBe(403)
    const next = await app.get('/form', cookieOf(login))
    expect((await post('/buy', cookieOf(next), withHeader(tokenIn(next)))).status).toBe(200)
  })

  it('where a request comes from counts before its token does, and alone for what opens a socket', async () => {
    const { token, cookie } = await visit()
    const send = async (headers: Record<string, string>) => [
      (await post('/buy', cookie, withHeader(token, headers))).status,
      (await app.get('/socket', cookie, { headers })).status,
    ]
    expect(await send({})).toEqual([200, 200])
    expect(await send({ 'sec-fetch-site': 'same-origin' })).toEqual([200, 200])
    expect(await send({ 'sec-fetch-site': 'cross-site', origin: 'https://partner.example' })).toEqual([200, 200])
    for (const site of ['cross-site', 'same-site', 'made-up'])
      expect(await send({ 'sec-fetch-site': site })).toEqual([403, 403])
    for (const origin of ['https://evil.example', 'null', 'https://partner.example.evil', 'http://localhost:1'])
      expect(await send({ origin })).toEqual([403, 403])
  })
})
