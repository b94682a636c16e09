import { execFile } from 'node:child_process'
import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, cookieOf, launchApp, type Reply } from '../support/edge-app.js'
import { installRing, plainEnv } from '../support/packed-library.js'

const folder = fileURLToPath(new URL('./sveltekit', import.meta.url))
const hook = fileURLToPath(new URL('../../examples/frameworks/sveltekit-hooks.mjs', import.meta.url))

describe('a SvelteKit app with the hook of docs/web.md, built for node', () => {
  let app: App
  beforeAll(async () => {
    await installRing(folder)
    cpSync(hook, `${folder}/.tmp/hooks.server.js`)
    await promisify(execFile)('node_modules/.bin/vite', ['build'], { cwd: folder, env: plainEnv() })
    app = await launchApp(process.execPath, ['serve.mjs'], folder)
  }, 300_000)
  afterAll(() => app?.stop())

  const seenIn = ({ text }: Reply) =>
    JSON.parse((/<pre>(.*)<\/pre>/.exec(text)?.[1] ?? '').replaceAll('&quot;', '"')) as object
  const post = (action: string, cookie: string, form: Record<string, string> = {}) => {
    // As a browser without scripts sends a form.
    const headers = { origin: app.origin, accept: 'text/html' }
    return app.get(`/?/${action}`, cookie, { method: 'POST', headers, body: new URLSearchParams(form) })
  }
  const me = async (cookie: string) => JSON.parse((await app.get('/api/me', cookie)).text) as object

  it('load has the session; a request made inside has the one that is stored', async () => {
    const first = await app.get('/')
    expect([first.status, seenIn(first)]).toEqual([200, { visits: 1, inner: 0 }])
    expect(first.cookies).toEqual([expect.stringMatching(/^__Host-session=.*HttpOnly; Secure/)])
    expect(first.headers.get('cache-control')).toContain('no-store')
    expect(seenIn(await app.get('/', cookieOf(first)))).toEqual({ visits: 2, inner: 1 })
  })

  it('an action logs in under a new id, with a flash that one page shows, and out', async () => {
    const before = cookieOf(await app.get('/'))
    const login = await post('login', before, { user: 'ann' })
    expect([login.status, login.headers.get('location')]).toEqual([303, '/'])
    const cookie = cookieOf(login)
    expect(cookie).not.toBe(before)
    expect(seenIn(await app.get('/', cookie))).toMatchObject({ user: 'ann', notice: 'Welcome', visits: 2 })
    expect(seenIn(await app.get('/', cookie))).not.toHaveProperty('notice')
    const logout = await post('logout', cookie)
    expect([logout.status, logout.cookies]).toEqual([303, [expect.stringMatching(/^__Host-session=; Max-Age=0;/)]])
    for (const old of [before, cookie]) expect(await me(old)).toMatchObject({ user: null })
  })

  it.each([
    ['/stream', 200, 'streamed'],
    ['/teapot', 418, 'refused'],
  ])('%s stores the session before it is answered with %i', async (path, status, user) => {
    const reply = await app.get(path)
    expect(reply.status).toBe(status)
    if (status === 200) expect(reply.text).toBe('one two')
    expect(await me(cookieOf(reply))).toMatchObject({ user })
  })

  it('an error that nobody has caught is a 500 that stores nothing', async () => {
    const reply = await app.get('/boom')
    expect([reply.status, reply.cookies]).toEqual([500, []])
  })

  it('a commit that fails is a 503; an error of the store in a handler is the 500 of SvelteKit', async () => {
    const reply = await app.get('/down')
    expect([reply.status, reply.cookies, reply.headers.get('retry-after')]).toEqual([503, [], '5'])
    expect(JSON.parse(reply.text)).toMatchObject({ status: 503, data: { code: 'ERR_SESSION_STORE' } })
    const thrown = await app.get('/down?save')
    expect([thrown.status, thrown.cookies, thrown.text.includes('db-7')]).toEqual([500, [], false])
  })
})
