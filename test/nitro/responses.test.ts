import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuiltServer } from '../support/built-server.js'
import { start } from './server.js'

describe.each([
  ['nitro2', 'nitroApp'],
  ['nitro3', 'nitroApp'],
  ['nitro3', 'h3'],
])('%s, installed on %s', (app, on) => {
  let server: BuiltServer
  beforeAll(async () => {
    server = await start(app, { INSTALL_ON: on })
  })
  afterAll(() => server.stop())

  it.each([
    ['json', 200],
    ['throw', 422],
    ['redirect', 302],
    ['response', 302],
    ['stream', 200],
    ['webstream', 200],
    ['no/such/route?opened=set', 404],
    ['me?opened=set', 200],
  ])('the cookie arrives with /%s (%i), and the session is stored', async (path, status) => {
    const reply = await server.get(`/${path}`)
    expect([reply.status, reply.cookies.length]).toEqual([status, 1])
    const next = await server.get('/me', server.cookieOf(reply))
    expect(next.json).toEqual({ user: path.includes('opened') ? null : 'someone' })
    expect(next.cookies).toEqual([])
  })

  it('a commit that fails is a 503 without a cookie', async () => {
    const reply = await server.get('/fail')
    expect([reply.status, reply.cookies, reply.headers.get('retry-after')]).toEqual([503, [], '5'])
    expect([reply.headers.get('cache-control'), reply.text.includes('never seen')]).toEqual(['no-store', false])
  })
})
