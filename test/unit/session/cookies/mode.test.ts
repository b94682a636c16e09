import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createMode } from '../../../../src/session/transport/mode.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const define = (name = 'session') => defineSession(schema, { name, store: memoryStore() })

async function cookieOf(definition = define(), development?: boolean): Promise<string> {
  const client = createTestClient(definition, { development })
  const { setCookies } = await client.request((session) => session.set('n', 1))
  return (setCookies[0] ?? '').replace(/=[^;]+/, '')
}

const SECURE = '__Host-session; Path=/; HttpOnly; Secure; SameSite=Lax'
const PLAIN = 'session; Path=/; HttpOnly; SameSite=Lax'

describe('cookies are Secure unless the process says that it is development', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.unstubAllGlobals()
  })

  it.each([undefined, '', 'production', 'staging', 'prod', 'Development', 'development ', 'dev', 'testing', 'null'])(
    'NODE_ENV=%j is production',
    async (value) => {
      vi.stubEnv('NODE_ENV', value)
      expect(await cookieOf()).toBe(SECURE)
    },
  )

  it.each(['development', 'test'])('NODE_ENV=%j is development', async (value) => {
    vi.stubEnv('NODE_ENV', value)
    expect(await cookieOf()).toBe(PLAIN)
  })

  it.each([
    ['test', false, SECURE],
    ['development', false, SECURE],
    [undefined, true, PLAIN],
    ['production', true, PLAIN],
    ['test', undefined, PLAIN],
    ['production', undefined, SECURE],
  ])('what the edge is told comes before NODE_ENV: %j and development: %j', async (value, told, cookie) => {
    vi.stubEnv('NODE_ENV', value)
    expect(await cookieOf(define(), told)).toBe(cookie)
  })

  it('it is decided at first use, not at definition, and then stays', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const definition = define()
    vi.stubEnv('NODE_ENV', 'development')
    expect(await cookieOf(definition)).toBe(PLAIN)
    vi.stubEnv('NODE_ENV', 'production')
    expect(await cookieOf(definition)).toBe(PLAIN)
  })

  it('each edge has its own answer; who says nothing has the first that was given', async () => {
    vi.stubEnv('NODE_ENV', undefined)
    const definition = define()
    expect(await cookieOf(definition)).toBe(SECURE)
    expect(await cookieOf(definition, true)).toBe(PLAIN)
    expect(await cookieOf(definition, false)).toBe(SECURE)
    expect(await cookieOf(definition)).toBe(PLAIN)
  })

  it.each([
    ['no process', undefined],
    ['a process without env', {}],
    [
      'an env that may not be read',
      {
        env: Object.defineProperty({}, 'NODE_ENV', {
          get: () => {
            throw new Error('denied')
          },
        }),
      },
    ],
  ])('a runtime with %s is production', (_, process) => {
    vi.stubGlobal('process', process)
    const development = createMode().current()
    vi.unstubAllGlobals()
    expect(development).toBe(false)
  })

  it('each mode reads the name it writes, and no other', async () => {
    const definition = define()
    const clients = [true, false].map((development) => createTestClient(definition, { development }))
    for (const client of clients) await client.request((session) => session.set('n', 5))
    const [plain, secure] = clients.map(({ cookie }) => cookie)
    const read = (development: boolean, cookie = '') =>
      createTestClient(definition, { development }).request((session) => session.get('n'), { cookie })
    expect((await read(false, plain)).value).toBe(0)
    expect((await read(true, secure)).value).toBe(0)
    expect((await read(false, `${plain}; ${secure}`)).value).toBe(5)
    expect((await read(true, plain)).value).toBe(5)
  })

  it('after destroy the fresh session of the request is in the same mode', async () => {
    const client = createTestClient(define(), { development: false })
    const { setCookies } = await client.request(async (session, reopen) => {
      session.set('n', 1)
      await session.save()
      await session.destroy()
      ;(await reopen()).set('n', 2)
    })
    expect(setCookies.map((line) => line.replace(/=[^;]+/, ''))).toEqual([SECURE])
  })
})

describe('the memory store is named in production, by the same decision', () => {
  let warnings: string[]
  beforeEach(() => {
    warnings = []
    vi.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  it.each([
    ['memory-a', 'production', undefined, 1],
    ['memory-b', undefined, undefined, 1],
    ['memory-c', undefined, true, 0],
    ['memory-d', 'test', undefined, 0],
    ['memory-e', 'test', false, 1],
  ])('%s: NODE_ENV=%j, development: %j', async (name, value, told, lines) => {
    vi.stubEnv('NODE_ENV', value)
    const client = createTestClient(defineSession(schema, { name }), { development: told })
    for (let i = 0; i < 2; i++) await client.request((session) => session.set('n', i))
    expect(warnings.filter((text) => text.includes(`session \`${name}\` lives in the memory`))).toHaveLength(lines)
  })
})
