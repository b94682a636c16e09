import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { H3EventLike } from '../../src/h3/index.js'
import { type CookieStoreOptions, cookieStore } from '../../src/stores/cookie.js'
import { memoryStore } from '../../src/stores/memory.js'
import { define, type Edge, edges, type Options, type Site, useSession } from './harness.js'

const SECRET = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'
const OTHER = 'Vw2hJk8sLq0zXc5vBn7mPa3dFg9tRy6uIe1oWs4xCz'
const NAME = '__Host-session'

interface Kind {
  readonly kind: string
  /** Undefined: sessions live in a store, and cookies hold ids. */
  readonly carrier?: CookieStoreOptions | undefined
  readonly options?: Options
  /** What is in the session beside its user. */
  readonly ballast?: string
}

const kinds: readonly Kind[] = [
  { kind: 'sealed', carrier: {} },
  { kind: 'signed', carrier: { encrypt: false } },
  { kind: 'sealed, in pieces', carrier: { chunks: 3 }, ballast: randomText(5000) },
  { kind: 'sealed, with revocations', carrier: { revocations: memoryStore(), revocationLag: 0 } },
  {
    kind: 'sealed, the rest in a store',
    carrier: { overflow: { store: memoryStore(), above: 300 } },
    ballast: 'x'.repeat(900),
  },
  { kind: 'an id' },
  { kind: 'a signed id', options: { signIds: true, secrets: SECRET } },
]

/** The cookies of a browser, by name. */
type Jar = Readonly<Record<string, string>>
const headerOf = (jar: Jar) =>
  Object.entries(jar)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')

interface Scene {
  readonly victim: Jar
  readonly stranger: Jar
  /** What other definitions, cookies, secrets and modes have made. */
  readonly foreign: readonly Jar[]
}

/** Cookies that must open nothing, made from those of a victim and of strangers. */
const attacks: Readonly<Record<string, (scene: Scene) => readonly string[]>> = {
  'any byte of the value changed': ({ victim }) => {
    const value = victim[NAME] ?? ''
    return everyNth(value.length, 16).map((at) => headerOf({ ...victim, [NAME]: changedAt(value, at) }))
  },
  'cut anywhere, or made longer': ({ victim }) => {
    const value = victim[NAME] ?? ''
    const cut = everyNth(value.length, 10).map((at) => value.slice(0, at))
    const longer = ['A', '.', '=', '==', '%00', '%41', ' A', value].map((end) => value + end)
    return [...cut, ...longer, value.slice(1), `A${value}`].map((text) => headerOf({ ...victim, [NAME]: text }))
  },
  'the head of one and the end of another': ({ victim, stranger }) => {
    const [one = '', two = ''] = [victim[NAME], stranger[NAME]]
    return everyNth(one.length - 1, 8)
      .flatMap((at) => [
        headerOf({ ...victim, [NAME]: one.slice(0, at + 1) + two.slice(at + 1) }),
        headerOf({ ...stranger, [NAME]: two.slice(0, at + 1) + one.slice(at + 1) }),
      ])
      .filter((header) => header !== headerOf(victim) && header !== headerOf(stranger))
  },
  'made by another definition, cookie, secret or format': ({ foreign }) =>
    foreign.map((jar) => headerOf({ ...jar, [NAME]: jar[NAME] ?? Object.values(jar)[0] ?? '' })),
  'another format byte, or another key': ({ victim }) => {
    const bytes = Buffer.from(victim[NAME] ?? '', 'base64url')
    const formats = [0, 1, 2, 3, 127, 255].filter((format) => format !== bytes[0])
    const relabelled = formats.map((format) => Buffer.concat([Buffer.from([format]), bytes.subarray(1)]))
    const keyless = Buffer.concat([bytes.subarray(0, 1), Buffer.alloc(4), bytes.subarray(5)])
    return [...relabelled, keyless].map((each) => headerOf({ ...victim, [NAME]: each.toString('base64url') }))
  },
  'a number of pieces that is a lie': ({ victim }) => {
    const { [NAME]: first = '', ...rest } = victim
    const bare = first.replace(/^\d\./, '')
    const told = Number(/^(\d)\./.exec(first)?.[1] ?? 1)
    const counts = ['0', '1', '2', '3', '4', '8', '9', '99', '-1', '2e0', '\xb2', ''].filter((n) => Number(n) !== told)
    return counts.map((count) => headerOf({ ...rest, [NAME]: `${count}.${bare}` }))
  },
  'pieces of somebody else, twice, in another order, or too few': ({ victim, stranger }) => {
    const names = Object.keys(victim)
    if (names.length === 1) return [headerOf({ [NAME]: `2.${victim[NAME]}`, [`${NAME}.1`]: stranger[NAME] ?? '' })]
    const second = `${NAME}.1`
    return [
      headerOf({ ...victim, [second]: stranger[second] ?? '' }),
      headerOf({ ...victim, [NAME]: stranger[NAME] ?? '' }),
      headerOf({ ...victim, [second]: victim[NAME]?.slice(2) ?? '', [NAME]: `2.${victim[second]}` }),
      ...names.map((gone) => headerOf(Object.fromEntries(Object.entries(victim).filter(([name]) => name !== gone)))),
    ]
  },
  'a name that browsers or proxies write otherwise': ({ victim }) => {
    const value = victim[NAME] ?? ''
    const others = [
      '__host-session',
      '__HOST-session',
      '__HOST-SESSION',
      '__Secure-session',
      '__Http-session',
      'session',
    ]
    const more = [`${NAME}%20`, `%5F_Host-session`, ` .${NAME}`, `${NAME}[]`, `x${NAME}`, `${NAME}x`, '__proto__']
    return [...others, ...more].map((name) => `${name}=${value}`)
  },
  'what is no cookie at all': () => [
    `${NAME}=`,
    NAME,
    `=${NAME}`,
    ';;;=;',
    `${NAME}=__proto__; __proto__=${NAME}; constructor=x; toString=y`,
    `${NAME}={"user":"ada"}`,
    `${NAME}=${Buffer.from('{"user":"ada"}').toString('base64url')}`,
    `${NAME}=..%2f..%2fetc%2fpasswd`,
    `${NAME}=${'A'.repeat(7000)}`,
    `${NAME}=8.${'A'.repeat(100)}; ${Array.from({ length: 7 }, (_, i) => `${NAME}.${i + 1}=AAAA`).join('; ')}`,
    Array.from({ length: 600 }, (_, i) => `c${i}=v`).join('; '),
    Array.from({ length: 200 }, (_, i) => `${NAME}=${'AQ'.repeat(20)}${i}`).join('; '),
  ],
}

for (const edge of edges) {
  describe.each(kinds)(`a cookie that holds $kind, ${edge.name}`, (kind) => {
    const sites: Site[] = []
    beforeEach(() => void vi.stubEnv('NODE_ENV', 'production'))
    afterEach(async () => {
      vi.unstubAllEnvs()
      vi.restoreAllMocks()
      for (const site of sites.splice(0)) await site.close()
    })

    async function start(changes: Options = {}, carrier: CookieStoreOptions = {}) {
      vi.spyOn(console, 'warn').mockReturnValue()
      const site = await serve(edge, kind, changes, carrier)
      sites.push(site)
      return site
    }
    const login = async (site: Site, user: string) => jarOf(await site.get(`/login?${user}`))

    it('opens nothing when it is not the one that was sent', async () => {
      const site = await start()
      const foreign: Jar[] = []
      for (const [changes, carrier] of foreigners(kind)) foreign.push(await login(await start(changes, carrier), 'ada'))
      const scene = { victim: await login(site, 'ada'), stranger: await login(site, 'eve'), foreign }
      for (const [what, headers] of Object.entries(attacks)) {
        for (const header of headers(scene)) {
          const read = await site.get('/read', header)
          expect([what, read.status, read.text]).toEqual([what, 200, 'nobody'])
        }
        // A request that writes is sent a session of its own, in which there is nothing of anybody's.
        const write = await site.get('/write', headers(scene)[0])
        const fresh = jarOf(write)
        expect(Object.values(scene.victim)).not.toContain(fresh[NAME])
        expect((await site.get('/read', headerOf(fresh))).text).toBe('nobody')
      }
      expect((await site.get('/read', headerOf(scene.victim))).text).toBe('ada')
      expect((await site.get('/read', headerOf(scene.stranger))).text).toBe('eve')
    })

    it('is found behind cookies of its name that a neighbour has tossed in, of a longer path or a parent domain', async () => {
      const site = await start()
      const victim = await login(site, 'ada')
      for (const tossed of ['x', '""', 'A'.repeat(43), changedAt(victim[NAME] ?? '', 3)]) {
        const read = await site.get('/read', `${NAME}=${tossed}; ${headerOf(victim)}`)
        expect([tossed.length, read.text]).toEqual([tossed.length, 'ada'])
      }
    })

    it('planted before a login is nobody’s after it (fixation)', async () => {
      const site = await start()
      for (const path of ['/login?ada', '/escalate?ada']) {
        const planted = jarOf(await site.get('/write'))
        const victim = jarOf(await site.get(path, headerOf(planted)))
        expect(victim[NAME]).not.toBe(planted[NAME])
        expect((await site.get('/read', headerOf(victim))).text).toBe('ada')
        expect((await site.get('/read', headerOf(planted))).text).toBe('nobody')
      }
    })

    it('opens nothing any more after a logout, where that can be remembered', async () => {
      const site = await start()
      const victim = await login(site, 'ada')
      const logout = await site.get('/logout', headerOf(victim))
      const removed = logout.cookies.filter((line) => line.includes('Max-Age=0')).map((line) => line.split('=')[0])
      expect(removed.toSorted()).toEqual(Object.keys(victim).toSorted())
      for (const line of logout.cookies) expect(line).toMatch(/; Path=\/;.*Secure/)
      const canEnd = !kind.carrier || kind.carrier.revocations || kind.carrier.overflow
      expect((await site.get('/read', headerOf(victim))).text).toBe(canEnd ? 'nobody' : 'ada')
    })

    it('puts nothing into the head of a response that was not meant for it', async () => {
      const site = await start()
      for (const text of ['/\r\nx: y', '/;Domain=evil.example', '/\0', '/\n', 'x']) {
        const reply = await site.get(`/path?${encodeURIComponent(text)}`)
        expect([text, reply.status, reply.cookies, reply.headers.get('x')]).toEqual([text, 500, [], null])
      }
    })

    it('opens nothing when its secret is gone, and everything while the secret is still listed', async () => {
      if (!kind.carrier) return
      const victim = await login(await start(), 'ada')
      const rotated = await start({}, { secrets: [OTHER, SECRET] })
      const read = await rotated.get('/read', headerOf(victim))
      expect(read.text).toBe('ada')
      const resealed = jarOf(read)
      const later = await start({}, { secrets: OTHER })
      expect((await later.get('/read', headerOf(victim))).text).toBe('nobody')
      expect((await later.get('/read', headerOf(resealed))).text).toBe('ada')
    })
  })
}

function serve(
  edge: Edge,
  { carrier, options, ballast }: Kind,
  changes: Options,
  own: CookieStoreOptions,
): Promise<Site> {
  const store = carrier ? cookieStore({ secrets: SECRET, ...carrier, ...own }) : memoryStore()
  const definition = define(store as never, { ...options, cookie: {}, ...changes })
  const open = (event: H3EventLike) => useSession(event, definition)
  return edge.serve({
    '/login': async (event) => {
      const session = await open(event)
      await session.regenerate()
      session.set('user', queryOf(event))
      if (ballast !== undefined) session.flash.set('notice', ballast)
      return 'in'
    },
    // A login in a handler that keeps its values: what is new is the id alone.
    '/escalate': async (event) => {
      const session = await open(event)
      session.set('theme', 'dark')
      await session.regenerate()
      session.set('user', queryOf(event))
      return 'in'
    },
    '/write': async (event) => {
      const session = await open(event)
      session.update('count', (count) => count + 1)
      return 'ok'
    },
    '/read': async (event) => (await open(event)).get('user') ?? 'nobody',
    '/logout': async (event) => {
      await (await open(event)).destroy()
      return 'out'
    },
    '/path': async (event) => {
      const session = await open(event)
      session.setCookieOptions({ path: decodeURIComponent(queryOf(event)) })
      session.set('theme', 'dark')
      return 'ok'
    },
  })
}

/** What differs from a definition in one thing. */
function foreigners({ carrier }: Kind): readonly (readonly [Options, CookieStoreOptions])[] {
  if (!carrier) return [[{ name: 'admin', cookie: { name: 'session' } }, {}]]
  return [
    [{ name: 'admin', cookie: { name: 'session' } }, {}],
    [{ cookie: { name: 'sid' } }, {}],
    [{ cookie: { secure: false } }, {}],
    [{ cookie: { path: '/app' } }, {}],
    [{}, { secrets: OTHER }],
    [{}, { encrypt: carrier.encrypt === false }],
  ]
}

function queryOf(event: H3EventLike): string {
  const { req, node } = event as { req?: { url?: string }; node?: { req: { url?: string } } }
  return (req?.url ?? node?.req.url ?? '').split('?')[1] ?? ''
}

/** The cookies that a response has set. */
function jarOf({ cookies }: { readonly cookies: readonly string[] }): Jar {
  const pairs = cookies.filter((line) => !line.includes('Max-Age=0')).map((line) => line.split(';')[0] ?? '')
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

/** Places all over a text, its first and last among them. */
function everyNth(length: number, places: number): readonly number[] {
  const step = Math.max(1, Math.floor(length / places))
  return [...new Set([...Array.from({ length: Math.floor(length / step) }, (_, i) => i * step), length - 1])].filter(
    (at) => at >= 0,
  )
}

/** Another letter of the same alphabet, of which a bit that is used differs. */
function changedAt(text: string, at: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const found = letters.indexOf(text[at] ?? '')
  return text.slice(0, at) + (found < 0 ? 'A' : letters[found ^ 32]) + text.slice(at + 1)
}

function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('')
}
