import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  type CookieOptions,
  defineSession,
  generateSecret,
  memoryStore,
  type SessionDefinition,
} from '../../../src/index.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { countingStore } from '../../support/counting-store.js'

const schema = z.object({ userId: z.number().optional() })
const DAY = 86_400

function setUp(cookie: CookieOptions = {}) {
  const clock = fakeClock()
  const definition = defineSession(schema, { store: memoryStore(), clock, cookie })
  return { clock, definition, client: createTestClient(definition) }
}

async function lineOf(cookie: CookieOptions): Promise<string> {
  const { setCookies } = await setUp(cookie).client.request((s) => s.set('userId', 1))
  return (setCookies[0] ?? '').replace(/=[\w-]{43};/, '=ID;')
}

describe('cookies', () => {
  it.each<[string, CookieOptions, string]>([
    [
      'M055 path',
      { path: '/shop', prefix: 'secure', secure: true },
      '__Secure-session=ID; Path=/shop; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      'M056 domain',
      { domain: 'a.example', prefix: 'secure', secure: true },
      '__Secure-session=ID; Domain=a.example; Path=/; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      'M057 no Max-Age, so it ends with the browser',
      { secure: true },
      '__Host-session=ID; Path=/; HttpOnly; Secure; SameSite=Lax',
    ],
    [
      'M059 M060 each attribute by itself',
      { secure: true, httpOnly: false },
      '__Host-session=ID; Path=/; Secure; SameSite=Lax',
    ],
    [
      'M061 SameSite',
      { secure: true, sameSite: 'strict' },
      '__Host-session=ID; Path=/; HttpOnly; Secure; SameSite=Strict',
    ],
    [
      'M062 Partitioned',
      { secure: true, sameSite: 'none', partitioned: true },
      '__Host-session=ID; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
    ],
  ])('%s', async (_, options, line) => {
    expect(await lineOf(options)).toBe(line)
  })

  it('M057 M069 persistent: Max-Age counts down to the nearer of both deadlines', async () => {
    const { client, clock } = setUp({ persistent: true })
    const begun = await client.request((s) => s.set('userId', 1))
    expect(begun.setCookies[0]).toContain('; Max-Age=3600;')
    for (let i = 0; i < 46; i++) {
      clock.advance(1800)
      await client.request((s) => s.get('userId'))
    }
    clock.advance(1800)
    const { setCookies } = await client.request((s) => s.set('userId', 2))
    expect(setCookies[0]).toContain('; Max-Age=1800;')
  })

  it('M058 a removal says so twice, in Max-Age and in Expires', async () => {
    const { client } = setUp({ secure: true })
    await client.request((s) => s.set('userId', 1))
    const { setCookies } = await client.request((s) => s.destroy())
    expect(setCookies).toEqual([
      '__Host-session=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ])
  })

  it('M063 M117 one week for one session, and no other is changed', async () => {
    const { client, clock, definition } = setUp({ secure: true })
    const remembered = await client.request((s) => {
      s.set('userId', 1)
      s.remember(7 * DAY)
    })
    expect(remembered.setCookies[0]).toContain(`; Max-Age=${7 * DAY};`)
    const other = createTestClient(definition)
    expect((await other.request((s) => s.set('userId', 2))).setCookies[0]).not.toContain('Max-Age')
    clock.advance(6 * DAY)
    expect((await client.request((s) => s.get('userId'))).value).toBe(1)
    expect((await other.request((s) => s.get('userId'))).value).toBeUndefined()
  })

  it('M064 M087 other options, or another store, are another definition: the first one stays as it is', async () => {
    const { client, definition } = setUp({ secure: true })
    await client.request((s) => s.set('userId', 1))
    const strict = definition.with({ cookie: { secure: true, sameSite: 'strict' }, maxAge: 60, idleTimeout: 60 })
    const { setCookies } = await createTestClient(strict).request((s) => (s.set('userId', 2), s.remember(60)))
    expect(setCookies[0]).toContain('SameSite=Strict')
    const elsewhere = definition.with({ store: memoryStore() })
    const { value } = await createTestClient(elsewhere).request((s) => s.get('userId'), { cookie: client.cookie })
    expect(value).toBeUndefined()
    expect((await client.request((s) => s.get('userId'))).value).toBe(1)
    expect(definition.options.cookie).toEqual({ secure: true })
  })

  it('M065 D5 the cookie is written when there is something to say: new, new id, new lifetime, end', async () => {
    const { client } = setUp({ secure: true })
    const written = async (run: Parameters<typeof client.request>[0]) => (await client.request(run)).setCookies.length
    expect(await written((s) => s.get('userId'))).toBe(0)
    expect(await written((s) => s.set('userId', 1))).toBe(1)
    expect(await written((s) => s.set('userId', 2))).toBe(0)
    expect(await written((s) => s.regenerate())).toBe(1)
    expect(await written((s) => s.remember(60))).toBe(1)
    expect(await written((s) => s.destroy())).toBe(1)
  })

  it('M066 M067 a signed id is bound to its definition: under another name it is not even looked up', async () => {
    const { store, calls } = countingStore(memoryStore())
    const options = { store, secrets: generateSecret(), signIds: true }
    const [one, two] = ['one', 'two'].map((name) => defineSession(schema, { ...options, name })) as [
      SessionDefinition<typeof schema>,
      SessionDefinition<typeof schema>,
    ]
    const client = createTestClient(one)
    await client.request((s) => s.set('userId', 1))
    calls.length = 0
    const read = async (definition: typeof one, cookie: string) =>
      (await createTestClient(definition).request((s) => s.get('userId'), { cookie })).value
    expect(await read(two, client.cookie.replace('one=', 'two='))).toBeUndefined()
    expect(await read(one, client.cookie.replace(/\..*/, ''))).toBeUndefined()
    expect(calls).toEqual([])
    expect(await read(one, client.cookie)).toBe(1)
  })

  it('M068 a cookie that no browser would keep is refused when the session is defined', () => {
    for (const cookie of [
      { domain: 'a.example', prefix: 'host' },
      { sameSite: 'none', secure: false },
      { name: 'a b' },
    ] as const)
      expect(() => setUp({ secure: true, ...cookie })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})
