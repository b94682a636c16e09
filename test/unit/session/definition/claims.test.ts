import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { type Managed, RequestSessions } from '../../../../src/edge/request-sessions.js'
import { defineSession, headerTransport, memoryStore, type SessionTransport } from '../../../../src/index.js'
import { createAppClaims } from '../../../../src/session/claims.js'

const cart = z.object({ sku: z.string().optional() })
const login = z.object({
  userId: z.number().optional(),
  name: z.string().optional(),
  a: z.string().optional(),
  b: z.string().optional(),
})
const shared = memoryStore()
const transport: SessionTransport = { read: () => undefined, write() {}, clear() {} }
const refused = { code: 'ERR_SESSION_CONFIG' }

// biome-ignore lint: any definition
type Definition = Managed<never, never>
const any = (definition: unknown) => definition as Definition

/** A request that uses these, one after the other, in one app or none. */
async function use(definitions: readonly unknown[], app?: ReturnType<typeof createAppClaims>, development = false) {
  const sessions = new RequestSessions(app && { development, claims: app })
  for (const definition of definitions) await sessions.use(any(definition), { header: () => undefined, development })
}

/** Pairs that write over each other, whatever the mode. */
const clashing: Record<string, () => readonly [unknown, unknown]> = {
  'two without a name': () => [defineSession(cart), defineSession(login)],
  'two of one name': () => [defineSession(cart, { name: 'x' }), defineSession(login, { name: 'x' })],
  'one cookie.name': () => [
    defineSession(cart, { name: 'x', cookie: { name: 'sid' } }),
    defineSession(login, { name: 'y', cookie: { name: 'sid' } }),
  ],
  "a name that is the other one's cookie.name": () => [
    defineSession(cart, { name: 'x', cookie: { name: 'y' } }),
    defineSession(login, { name: 'y' }),
  ],
  'one header, in two spellings': () => [
    defineSession(cart, { name: 'x', transport: headerTransport('X-Token') }),
    defineSession(login, { name: 'y', transport: headerTransport('x-token') }),
  ],
  'one transport of the app': () => [
    defineSession(cart, { name: 'x', transport }),
    defineSession(login, { name: 'y', transport }),
  ],
  'one name in one store, with other cookies': () => [
    defineSession(cart, { store: shared, cookie: { name: 'x' } }),
    defineSession(login, { store: shared, cookie: { name: 'y' } }),
  ],
  'one name and one function for the store': () => {
    const store = () => shared
    return [
      defineSession(cart, { store, cookie: { name: 'x' } }),
      defineSession(login, { store, cookie: { name: 'y' } }),
    ]
  },
}

const apart: Record<string, () => readonly [unknown, unknown]> = {
  'two names in one store': () => [
    defineSession(cart, { name: 'x', store: shared }),
    defineSession(login, { name: 'y', store: shared }),
  ],
  'two headers': () => [
    defineSession(cart, { transport: headerTransport('a') }),
    defineSession(login, { transport: headerTransport('b') }),
  ],
  'a cookie and a header': () => [defineSession(cart), defineSession(login, { transport: headerTransport() })],
  'a cookie and a header for one session': () => {
    const definition = defineSession(cart, { store: shared })
    return [definition, definition.with({ transport: headerTransport() })]
  },
  'one name in two stores, with other cookies': () => [
    defineSession(cart, { store: memoryStore(), cookie: { name: 'x' } }),
    defineSession(login, { store: memoryStore(), cookie: { name: 'y' } }),
  ],
}

describe('two definitions that would write over each other are refused, naming both', () => {
  describe.each(Object.entries(clashing))('%s', (_, make) => {
    it.each([true, false])('in one request, development: %s', async (development) => {
      const [one, other] = make()
      await expect(use([one, other], undefined, development)).rejects.toMatchObject({
        ...refused,
        message: expect.stringMatching(
          /`\w+` \(sku\) and `\w+` \(userId, name, a, \.\.\.\) share the .* in one request/,
        ),
      })
      await expect(use([one, one, one])).resolves.toBeUndefined()
    })

    it('in two requests of one app in production, for ever, while the first goes on', async () => {
      const [one, other] = make()
      const app = createAppClaims()
      await use([one], app)
      for (let i = 0; i < 2; i++) {
        await expect(use([other], app)).rejects.toMatchObject(refused)
        await use([one], app)
      }
    })

    it('not in two apps', async () => {
      const [one, other] = make()
      await use([one], createAppClaims())
      await use([other], createAppClaims())
    })
  })

  it.each(Object.entries(apart))('not refused: %s', async (_, make) => {
    const [one, other] = make()
    const app = createAppClaims()
    await use([one, other], app)
    await use([other, one], app)
  })

  it('cookies of one name with other paths or domains are two in a browser, but never two in one response', async () => {
    const [one, ...others] = [{}, { path: '/admin' }, { domain: 'a.example' }].map((cookie) =>
      defineSession(cart, { cookie: { prefix: 'secure', ...cookie } }),
    )
    const app = createAppClaims()
    await use([one], app)
    for (const other of others) {
      await use([other], app)
      await expect(use([one, other])).rejects.toMatchObject(refused)
    }
  })

  it('`with` copies may take turns, but not in one request', async () => {
    const definition = defineSession(cart)
    const [tenant, copy] = [
      definition.with({ store: memoryStore() }),
      definition.with({ maxAge: 60 }).with({ idleTimeout: 5 }),
    ]
    const app = createAppClaims()
    for (let i = 0; i < 2; i++) for (const each of [definition, tenant, copy]) await use([each], app)
    await expect(use([tenant, copy])).rejects.toMatchObject(refused)
  })

  it('the refused one is not let in by half: what it shares with nobody stays free', async () => {
    const app = createAppClaims()
    await use([defineSession(cart, { name: 'x', store: shared, cookie: { name: 'a' } })], app)
    await expect(
      use([defineSession(cart, { name: 'x', store: shared, cookie: { name: 'b' } })], app),
    ).rejects.toMatchObject(refused)
    await use([defineSession(cart, { name: 'y', cookie: { name: 'b' } })], app)
  })
})

describe('a module that is evaluated again in development', () => {
  let warnings: string[]
  beforeEach(() => {
    warnings = []
    vi.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text))
  })
  afterEach(() => void vi.restoreAllMocks())

  it('is not refused, however often', async () => {
    const app = createAppClaims()
    for (let i = 0; i < 5; i++) {
      const reloaded = defineSession(cart)
      for (let j = 0; j < 2; j++) await use([reloaded], app, true)
    }
    expect(warnings).toEqual([])
  })

  it('differs from two that take turns: that is said once', async () => {
    const app = createAppClaims()
    const [one, other] = [defineSession(cart, { name: 'turns' }), defineSession(login, { name: 'turns' })]
    for (let i = 0; i < 3; i++) for (const each of [one, other]) await use([each], app, true)
    expect(warnings.filter((text) => /production refuses that/.test(text)).length).toBeGreaterThan(0)
    expect(new Set(warnings).size).toBe(warnings.length)
  })
})
