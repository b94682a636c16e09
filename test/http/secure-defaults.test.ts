import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type H3EventLike, installSessions, useReadonlySession, useSession } from '../../src/h3/index.js'
import { defineSession, type SessionOptions } from '../../src/index.js'
import { memoryStore } from '../../src/stores/memory.js'

const schema = z.object({ n: z.number().default(0) })
const define = (options: Omit<SessionOptions<never, typeof schema>, 'flash' | 'store'> = {}) =>
  defineSession(schema, { store: memoryStore(), ...options } as never)
type Definition = ReturnType<typeof define>
type Handler = (event: H3EventLike) => unknown

const count =
  (...definitions: readonly Definition[]): Handler =>
  async (event) => {
    const seen: number[] = []
    for (const definition of definitions) {
      const session = await useSession(event, definition)
      session.update('n', (n) => n + 1)
      seen.push(session.get('n'))
    }
    return { seen }
  }

const majors = {
  'h3 v1'(handler: Handler, ...told: readonly [{ development?: boolean | undefined }?]) {
    const app = h3v1.createApp()
    installSessions(app, ...told)
    app.use(h3v1.eventHandler((event) => handler(event) as never))
    return h3v1.toNodeListener(app)
  },
  'h3 v2'(handler: Handler, ...told: readonly [{ development?: boolean | undefined }?]) {
    const app = new h3v2.H3({ silent: true })
    installSessions(app, ...told)
    app.all('/**', (event) => handler(event))
    return h3v2.toNodeHandler(app) as ReturnType<typeof h3v1.toNodeListener>
  },
}

const endings: (() => unknown)[] = []
afterEach(() => {
  for (const end of endings.splice(0)) end()
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

interface Reply {
  readonly status: number | undefined
  readonly cookies: readonly string[]
  readonly vary: string | undefined
  readonly text: string
}

/** Over a real socket, with header lines as they are given: fetch chooses Host and joins Cookie by itself. */
async function serve(listener: Parameters<typeof createServer>[1]) {
  const server = createServer(listener as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return async (headers: Record<string, string | string[]> = {}): Promise<Reply> => {
    const sending = send({
      port,
      host: '127.0.0.1',
      headers: { host: `localhost:${port}`, connection: 'close', ...headers },
    }).end()
    const [response] = await once(sending, 'response')
    let text = ''
    for await (const part of response) text += String(part)
    return {
      status: response.statusCode,
      cookies: response.headers['set-cookie'] ?? [],
      vary: response.headers.vary,
      text,
    }
  }
}

const pairOf = (reply: Reply) => reply.cookies.map((line) => line.split(';')[0]).join('; ')
const SECURE = /^__Host-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/
const PLAIN = /^session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/

describe.each(Object.entries(majors))('%s', (major, listen) => {
  it.each([
    [undefined, undefined, SECURE],
    ['', undefined, SECURE],
    ['staging', undefined, SECURE],
    ['production', undefined, SECURE],
    ['development', undefined, PLAIN],
    ['test', undefined, PLAIN],
    [undefined, true, PLAIN],
    ['production', true, PLAIN],
    ['development', false, SECURE],
  ])('NODE_ENV=%j and development: %j decide, and nothing in the request does', async (value, development, line) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubEnv('NODE_ENV', value)
    const get = await serve(listen(count(define()), { development }))
    for (const headers of [
      {},
      { host: 'shop.example' },
      { 'x-forwarded-proto': 'http' },
      { 'x-forwarded-proto': 'https', host: 'shop.example' },
      { forwarded: 'proto=https;host=localhost' },
      { origin: 'http://localhost' },
    ]) {
      expect((await get(headers)).cookies).toEqual([expect.stringMatching(line)])
    }
  })

  it('NODE_ENV set after the app was made and the session defined counts', async () => {
    vi.stubEnv('NODE_ENV', 'development')
    const get = await serve(listen(count(define())))
    vi.stubEnv('NODE_ENV', undefined)
    expect((await get()).cookies).toEqual([expect.stringMatching(SECURE)])
  })

  it('one definition in two apps of one process: each has the cookie that its app asked for', async () => {
    const definition = define()
    const [developer, everybody] = [
      await serve(listen(count(definition), { development: true })),
      await serve(listen(count(definition), { development: false })),
    ]
    for (let i = 0; i < 2; i++) {
      expect((await developer()).cookies).toEqual([expect.stringMatching(PLAIN)])
      expect((await everybody()).cookies).toEqual([expect.stringMatching(SECURE)])
    }
  })

  it('production does not read the plain name; a readonly look has the mode of its app', async () => {
    const definition = define()
    const look: Handler = async (event) => ({ n: (await useReadonlySession(event, definition)).get('n') })
    const cookie = pairOf(await (await serve(listen(count(definition), { development: false })))())
    const get = await serve(listen(look, { development: false }))
    expect((await get({ cookie })).text).toBe('{"n":1}')
    expect((await get({ cookie: cookie.replace('__Host-', '') })).text).toBe('{"n":0}')
  })

  it.each([
    { domain: 'shop.example' },
    { path: '/app' },
    { sameSite: 'none' },
    { partitioned: true, sameSite: 'none' },
  ] as const)('one literal works in both modes: %j', async (cookie) => {
    for (const development of [true, false]) {
      const get = await serve(listen(count(define({ cookie })), { development }))
      const first = await get()
      expect(first.status).toBe(200)
      expect((await get({ cookie: pairOf(first) })).text).toBe('{"seen":[2]}')
    }
  })

  it('a cookie in every legal spelling is read: quotes, spaces, several lines, signed', async () => {
    for (const options of [{}, { signIds: true, secrets: 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr' }]) {
      const get = await serve(listen(count(define(options)), { development: false }))
      const [name, value] = pairOf(await get()).split('=')
      const spellings = [
        `${name}="${value}"`,
        `a=b;${name}="${value}";c=d`,
        `  ${name} = "${value}"  `,
        [`a="x y"`, `${name}="${value}"`, 'c=d'],
      ]
      for (const [i, cookie] of spellings.entries())
        expect([cookie, (await get({ cookie })).text]).toEqual([cookie, `{"seen":[${i + 2}]}`])
    }
  })

  it('two definitions that share a cookie are refused: in one request always, in one app in production', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const development of [true, false]) {
      const [one, other] = [define(), define()]
      const get = await serve(listen(count(one, other), { development }))
      const reply = await get()
      expect([reply.status, reply.cookies]).toEqual([500, []])
    }
    const [one, other] = [define(), define()]
    const turn: Handler = (event) => count(turns++ % 2 === 0 ? one : other)(event)
    let turns = 0
    const get = await serve(listen(turn, { development: false }))
    expect([(await get()).status, (await get()).status, (await get()).status]).toEqual([200, 500, 200])
  })

  it('installSessions refuses another answer for the same app, and what is no answer', () => {
    const app = major === 'h3 v1' ? h3v1.createApp() : new h3v2.H3()
    expect(() => installSessions(app, { development: 'yes' as never })).toThrow(
      /`development` of installSessions\(\) is 'yes'; it is true or false/,
    )
    installSessions(app, { development: true })
    installSessions(app)
    installSessions(app, { development: true })
    expect(() => installSessions(app, { development: false })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })

  describe('one line says so, once', () => {
    let warnings: string[]
    beforeEach(() => {
      warnings = []
      vi.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text))
    })

    it.each([
      [{ host: 'shop.example' }, 1],
      [{ host: '192.168.1.7:3000' }, 1],
      [{ host: 'shop.example', 'x-forwarded-proto': 'http' }, 1],
      [{ host: 'localhost.example' }, 1],
      [{ host: 'localhost:3000' }, 0],
      [{ host: 'tenant.localhost' }, 0],
      [{ host: '127.0.0.1:80' }, 0],
      [{ host: '[::1]:3000' }, 0],
      [{ host: 'shop.example', 'x-forwarded-proto': 'https' }, 0],
      [{ host: 'shop.example', forwarded: 'for=1.2.3.4;proto=https' }, 0],
      [{ host: 'shop.example', 'sec-fetch-site': 'none' }, 0],
      [{ host: 'shop.example', origin: 'https://shop.example' }, 0],
    ])('where a Secure cookie would be lost: %j, %i', async (headers, lines) => {
      // A name of its own, for each text is said once in a process.
      const name = `lost-${major.slice(-1)}-${Object.values(headers).join('_').replace(/\W/g, '_')}`
      const get = await serve(listen(count(define({ name })), { development: false }))
      for (let i = 0; i < 3; i++) expect((await get(headers)).vary).toBe('Cookie')
      expect(warnings.filter((text) => text.includes(`\`__Host-${name}\``) && /drop it/.test(text))).toHaveLength(lines)
    })

    it.each([
      [{ host: 'shop.example', 'x-forwarded-proto': 'https' }, 1],
      [{ host: 'localhost:3000', 'x-forwarded-proto': 'https, http' }, 1],
      [{ host: 'localhost:3000', origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' }, 1],
      [{ host: 'localhost:3000' }, 0],
      [{ host: '192.168.1.7:3000' }, 0],
    ])('where a cookie without Secure goes out over https: %j, %i', async (headers, lines) => {
      const name = `open-${major.slice(-1)}-${Object.values(headers).join('_').replace(/\W/g, '_')}`
      const get = await serve(listen(count(define({ name })), { development: true }))
      for (let i = 0; i < 3; i++) await get(headers)
      expect(warnings.filter((text) => text.includes(`\`${name}\``) && /without Secure/.test(text))).toHaveLength(lines)
    })
  })
})
