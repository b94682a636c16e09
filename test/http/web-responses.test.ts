import * as h3v2 from 'h3-v2'
import { afterEach, describe, expect, it } from 'vitest'
import { installSessions } from '../../src/h3/index.js'
import { memoryStore } from '../../src/stores/memory.js'
import { names } from './edge-kit.js'
import { cookieOf, define, edges, type Site, useReadonlySession, useSession } from './harness.js'

let site: Site | undefined
afterEach(() => site?.close())

describe('h3 v2: a WebSocket route', () => {
  it.each([
    ['useReadonlySession', useReadonlySession],
    ['useSession', useSession],
  ])('middleware with %s leaves the hooks of a WebSocket route on its answer', async (_name, use) => {
    const definition = define(memoryStore())
    const app = new h3v2.H3()
    installSessions(app)
    app.use(async (event) => void (await use(event, definition)))
    const hooks = { open() {} }
    app.get('/_ws', h3v2.defineWebSocketHandler(hooks))
    const answer = await app.request('/_ws', { headers: { upgrade: 'websocket' } })
    expect(answer).toMatchObject({ status: 426, crossws: hooks })
  })
})

describe.each(edges.filter(({ major }) => major === 2))('$name', (edge) => {
  it.each<[string, (headers: Headers) => unknown]>([
    ['a Response', (headers) => new Response('hi', { status: 201, headers })],
    ['an HTTPResponse', (headers) => new h3v2.HTTPResponse('hi', { status: 201, headers })],
  ])("%s with a Set-Cookie of the session's name: ours replaces it, the others stay", async (_name, answer) => {
    const definition = define(memoryStore())
    const headers = new Headers([
      ['set-cookie', 'session=other; Path=/'],
      ['set-cookie', 'own=1'],
      ['x-own', '1'],
    ])
    site = await edge.serve({
      '/go': async (event) => ((await useSession(event, definition)).set('user', 'ada'), answer(headers)),
      '/read': async (event) => (await useSession(event, definition), answer(headers)),
    })
    const reply = await site.get('/go')
    expect([reply.status, reply.text, reply.headers.get('x-own')]).toEqual([201, 'hi', '1'])
    expect(names(reply.cookies)).toEqual(['own', 'session'])
    expect(cookieOf(reply)).not.toBe('session=other')
    // Nothing of ours is said here, and the answer of the app was not changed.
    expect((await site.get('/read')).cookies).toEqual(['session=other; Path=/', 'own=1'])
  })
})
