import diagnosticsChannel from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { superjson } from '../../../src/codec/superjson.js'
import { createKeyring } from '../../../src/core/keyring.js'
import { installSessions, useReadonlySession, useSession } from '../../../src/h3/index.js'
import {
  type Codec,
  cbor,
  defineSession,
  generateSecret,
  json,
  memoryStore,
  migration,
  registry,
  requireRecent,
  SessionError,
  type SessionHooks,
  typeRegistry,
} from '../../../src/index.js'
import { createRequestScope } from '../../../src/session/scope.js'
import { missingLibrary } from '../../../src/stores/failure.js'
import { sqliteStore } from '../../../src/stores/sqlite.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'

/** Short, because some messages quote only a few characters of what they choke on. */
const VALUE = 'zQ7vK9'
const USER = 'uX4wJ8'
const SECRET = generateSecret()
const OTHER_SECRET = generateSecret()
const WEAK_SECRET = `${VALUE}-too-short`

class Money {
  constructor(readonly text: string) {}
}
const types = typeRegistry().register('Money', Money, { encode: ({ text }) => text, decode: (text) => new Money(text) })

const schema = z.object({
  userId: z.string().optional(),
  text: z.string().optional(),
  n: z.number().optional(),
  theme: z.enum(['light', 'dark']).optional(),
  list: z.array(z.object({ a: z.number() }).strict()).optional(),
  code: z.string().regex(/^\d+$/).optional(),
  either: z.union([z.number(), z.object({ kind: z.literal('a') })]).optional(),
  any: z.any(),
})
const flash = z.object({ notice: z.string() })

/** Everything that leaves the library while it runs, except to the client and to the store. */
const said: { readonly where: string; readonly what: unknown }[] = []
const codes = new Set<string>()
const heard = new Set<string>()
const ids = new Set<string>()
const keys = new Set<string>()

const hookNames = [...sourceOf('session/hooks.ts').matchAll(/^ {2}(\w+)\?\(event/gm)].map(([, name]) => name as string)
const allCodes = [...sourceOf('core/errors.ts').matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code as string)
const hooks = Object.fromEntries(
  hookNames.map((name) => [name, (event: unknown) => (heard.add(name), said.push({ where: `hook ${name}`, what: event }))]),
) as SessionHooks

function sourceOf(path: string): string {
  return readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8')
}

function setUp<const O extends object>(options: O = {} as O) {
  const clock = fakeClock()
  const store = memoryStore()
  const definition = defineSession(schema, { flash, store, clock, hooks, secrets: SECRET, types, ...options })
  const client = createTestClient(definition)
  const login = () =>
    client.request(async (s) => {
      s.set('userId', USER)
      s.set('text', VALUE)
      await s.save()
      ids.add(String(s.id))
      said.push({ where: 'the handle', what: s }, { where: 'its ref', what: s.ref })
    })
  const records = async () => {
    const all = []
    for await (const each of store.scan('')) all.push(each)
    return all
  }
  return { clock, store, definition, client, login, records }
}

/** Notes what a step throws; that it does not throw is noted by the codes that are missing in the end. */
async function provoke(where: string, run: () => unknown): Promise<void> {
  try {
    await run()
  } catch (error) {
    note(where, error)
  }
}

function note(where: string, error: unknown): void {
  if (error instanceof SessionError) codes.add(error.code)
  said.push({ where, what: error })
}

async function writes(): Promise<void> {
  const wrong: [string, unknown][] = [
    ['n', VALUE],
    ['theme', VALUE],
    ['code', VALUE],
    ['text', { [VALUE]: VALUE }],
    ['list', [{ a: VALUE }, { a: 1, [VALUE]: 2 }]],
    ['either', { kind: VALUE }],
  ]
  for (const codec of [cbor(), json(), superjson(), registry()]) {
    const { client, login } = setUp({ codec })
    await login()
    for (const [key, value] of wrong)
      await provoke(`set ${key}`, () => client.request((s) => s.set(key as never, value as never)))
    for (const value of [() => VALUE, Symbol(VALUE), new (class Own { text = VALUE })(), `${VALUE}\ud800`, new WeakMap()])
      await provoke(`a value ${codec.name} cannot carry`, () => client.request((s) => s.set('any', { deep: [value] })))
    await provoke('flash', () => client.request((s) => s.flash.set('notice', { [VALUE]: 1 } as never)))
    await provoke('unknown key', () => client.request((s) => s.get('nothing' as never)))
    await provoke('too large', () => client.request((s) => s.set('any', VALUE.repeat(200_000))))
  }
}

/** Every byte of a record flipped, one after the other, and the record cut short. */
async function damages(): Promise<void> {
  const options: [string, object][] = [
    ...[cbor(), json(), superjson(), registry()].map((codec: Codec): [string, object] => [codec.name, { codec }]),
    ['encrypted', { encrypt: true }],
    ['only for its holder', { encrypt: { holder: true } }],
  ]
  for (const [name, option] of options) {
    const { store, client, login, records } = setUp({ ...option, onUnreadable: 'throw', onInvalid: 'throw' })
    await login()
    await client.request((s) => s.set('any', { money: new Money(VALUE), list: [VALUE] }))
    for (const { key, record } of await records()) {
      keys.add(key)
      const put = (bytes: Uint8Array) => store.update(key, { ...record, bytes }, record.version)
      for (let i = 0; i < record.bytes.length; i++) {
        await put(Uint8Array.from(record.bytes, (byte, at) => (at === i ? byte ^ 0x22 : byte)))
        await provoke(`${name}, byte ${i} flipped`, () => client.request((s) => s.data))
        await put(record.bytes.slice(0, i))
        await provoke(`${name}, cut at ${i}`, () => client.request((s) => s.data))
      }
    }
  }
}

async function deploys(): Promise<void> {
  const { definition, client, login, store } = setUp({ encrypt: true })
  await login()
  const read = (where: string, other: object, from: { store: unknown } = definition.options as { store: unknown }) =>
    provoke(where, () =>
      createTestClient(defineSession(schema, { ...from, hooks, ...other })).request((s) => s.data, { cookie: client.cookie }),
    )
  await read('another secret', { secrets: OTHER_SECRET, encrypt: true })
  await read('no transform', { encrypt: false })
  const v1 = z.object({ text: z.string() })
  const v2 = z.object({ text: z.number() })
  const options = { store, hooks, name: 'versioned' }
  const old = createTestClient(defineSession(v1, options))
  await old.request((s) => s.set('text', VALUE))
  const migrated = (run: (text: string | undefined) => number) =>
    createTestClient(
      defineSession(v2, { ...options, version: 2, migrations: [migration(v1, v2, ({ text }) => ({ text: run(text) }))] }),
    )
  await provoke('a migration to what v2 refuses', () =>
    migrated((text) => text as never).request((s) => s.data, { cookie: old.cookie }),
  )
  await provoke('a migration', () => migrated(() => 1).request((s) => s.set('text', 2), { cookie: old.cookie }))
  await provoke('a newer version', () =>
    createTestClient(defineSession(v1, { ...options, onNewerVersion: 'throw' })).request((s) => s.data, {
      cookie: old.cookie,
    }),
  )
}

async function lives(): Promise<void> {
  const { clock, definition, client, login, store } = setUp({
    subject: 'userId',
    maxPerSubject: 2,
    onLimit: 'refuse',
    signIds: true,
    onGone: 'throw',
    rotateEvery: 100,
    rotateGrace: 10,
    onReuse: 'revoke',
  })
  await login()
  const first = client.cookie
  await client.request((s) => s.regenerate())
  await client.request((s) => s.flash.set('notice', VALUE))
  clock.advance(101)
  const rotated = client.cookie
  await client.request((s) => s.get('text'))
  clock.advance(11)
  await client.request((s) => s.get('text'), { cookie: rotated })
  await provoke('old cookie', () => client.request((s) => s.get('text'), { cookie: first }))
  for (let i = 0; i < 3; i++) {
    client.cookie = ''
    await provoke('one too many', login)
  }
  await definition.subjects.revoke(USER)
  client.cookie = ''
  await login()
  await provoke('stale', () => client.request((s) => requireRecent(s, clock.advance(5) ?? 1)))
  await provoke('destroyed', () =>
    client.request(async (s) => {
      await s.destroy()
      s.get('text')
    }),
  )
  await login()
  await provoke('gone', () =>
    client.request(async (s) => {
      await definition.destroyById(s.id ?? '')
      s.set('text', `${VALUE}2`)
      await s.save()
    }),
  )
  client.cookie = ''
  await login()
  const update = store.move
  store.move = async () => 'conflict'
  await provoke('conflict', () => client.request((s) => s.regenerate()))
  store.move = update
  clock.advance(3600)
  await client.request((s) => s.get('text'))
  for await (const { key } of store.scan('')) keys.add(key)
}

async function outages(): Promise<void> {
  const failing = { ...memoryStore(), create: () => Promise.reject(new Error('connection refused')) }
  const several = ['one', 'two'].map((name) => setUp({ name, store: { ...failing, read: failing.create } }).definition)
  const scope = createRequestScope()
  for (const definition of several) (await scope.use(definition, { header: () => undefined })).set('text', VALUE)
  await provoke('several', () => scope.commit(200, { setHeader() {}, setCookie() {} }))
  await provoke('late', async () => (await scope.use(setUp().definition, { header: () => undefined })).set('text', VALUE))

  const hanging = setUp({ store: { ...memoryStore(), read: () => new Promise<never>(() => {}) }, storeTimeout: 10 })
  const id = 'a'.repeat(43)
  ids.add(id)
  await provoke('time-out', () => hanging.client.request((s) => s.data, { cookie: `session=${id}` }))

  const { drizzle } = await import('drizzle-orm/libsql')
  const noTable = setUp({ store: sqliteStore({ db: drizzle({ connection: { url: ':memory:' } }) }) })
  await provoke('a driver that quotes its statement', noTable.login)
  await provoke('the same on read', () => noTable.client.request((s) => s.data, { cookie: `session=${id}` }))

  note('missing library', missingLibrary(Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' }), 'x', 'y'))
  for (const secrets of [WEAK_SECRET, [SECRET, SECRET], [SECRET, WEAK_SECRET], `${SECRET}`.repeat(2)])
    await provoke('weak secret', () => createKeyring(secrets))
  await provoke('an object as subject', () =>
    setUp({ subject: () => ({ [VALUE]: VALUE }) as never }).login(),
  )
}

/** The edges: what they print, and what their error pages say. */
async function edges(): Promise<void> {
  const { definition, client, login } = setUp({ cookie: { secure: false }, maxRecordBytes: 4096 })
  await login()
  const handler = async (event: h3v1.H3Event | h3v2.H3Event) => {
    const session = await useSession(event, definition)
    session.set('any', VALUE.repeat(10_000))
    return session.get('theme')
  }
  const look = async (event: h3v1.H3Event | h3v2.H3Event) =>
    ((await useReadonlySession(event, definition)) as Awaited<ReturnType<typeof useSession<typeof schema, typeof flash>>>).set('text', VALUE)
  const two = new h3v2.H3().get('/', handler).get('/look', look)
  const bare = new h3v2.H3().get('/', handler)
  const one = h3v1.createApp()
  installSessions(one)
  one.use('/', h3v1.eventHandler(handler))
  installSessions(two)
  const answers = [h3v1.toWebHandler(one), h3v2.toWebHandler(two), h3v2.toWebHandler(bare)]
  for (const answer of answers) {
    for (const path of ['/', '/look']) {
      const request = new Request(`http://localhost${path}`, { headers: { cookie: client.cookie } })
      const response = await answer(request)
      said.push({ where: 'an error page', what: await response.text() })
    }
  }
  await provoke('not installed', () => useSession({ req: new Request('http://localhost/'), res: {}, context: {} } as never, definition))
  await provoke('readonly', async () => {
    const request = { header: (name: string) => (name === 'Cookie' ? client.cookie : undefined) }
    ;(await definition.manager.openReadonly(request)).set('text', VALUE)
  })
}

/** How a text may look in a dump: as it is, in hex, and in base64 wherever it starts. */
function formsOf(text: string): string[] {
  const shifted = [0, 1, 2].flatMap((shift) =>
    (['base64', 'base64url'] as const).map((encoding) =>
      Buffer.from('\0'.repeat(shift) + text).toString(encoding).replace(/=+$/, '').slice(shift === 0 ? 0 : 4, -2),
    ),
  )
  const hex = Buffer.from(text).toString('hex')
  return [text, hex, hex.replace(/..(?!$)/g, '$& '), ...shifted].filter((form) => form.length >= 4)
}

function textOf(what: unknown): string {
  const shown = inspect(what, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null })
  return what instanceof Error ? `${what.message}\n${what.stack ?? ''}\n${String(what)}\n${shown}` : shown
}

describe('nothing leaks an id, a key, a secret or a value (ASVS 16.2.5)', () => {
  const listener = (message: unknown) => void said.push({ where: 'the channel', what: message })

  beforeAll(async () => {
    diagnosticsChannel.subscribe('zession', listener)
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const)
      vi.spyOn(console, method).mockImplementation((...args) => void said.push({ where: `console.${method}`, what: args }))
    for (const tour of [writes, damages, deploys, lives, outages, edges]) await tour()
  }, 60_000)

  afterAll(() => {
    diagnosticsChannel.unsubscribe('zession', listener)
    vi.restoreAllMocks()
  })

  it('the tour has met every error, every hook, the console and the channel', () => {
    expect(allCodes.length).toBeGreaterThan(15)
    expect([...codes].toSorted()).toEqual(allCodes.toSorted())
    expect([...heard].toSorted()).toEqual(hookNames.toSorted())
    const places = new Set(said.map(({ where }) => where))
    for (const place of ['the channel', 'console.error', 'an error page']) expect(places, place).toContain(place)
    expect(ids.size).toBeGreaterThan(10)
    expect(keys.size).toBeGreaterThan(5)
  })

  it('and what it was told holds none of them, in no form', () => {
    const hidden = [VALUE, USER, SECRET, OTHER_SECRET, WEAK_SECRET, ...ids, ...[...keys].map((key) => key.split('.').at(-1) ?? key)]
    const forms = hidden.flatMap((text) => formsOf(text).map((form) => [text, form] as const))
    const found = new Set<string>()
    for (const { where, what } of said) {
      const shown = textOf(what)
      for (const [, form] of forms) if (shown.includes(form)) found.add(`${where}: ${form} in ${shown.slice(0, 600)}`)
    }
    expect([...found]).toEqual([])
  })
})
