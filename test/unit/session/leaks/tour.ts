import { fileURLToPath } from 'node:url'
import * as h3v1 from 'h3'
import * as h3v2 from 'h3-v2'
import { createStorage } from 'unstorage'
import * as z from 'zod'
import { registry } from '../../../../src/codec/registry.js'
import { superjson } from '../../../../src/codec/superjson.js'
import { hashedKey, type SessionId } from '../../../../src/core/id.js'
import { createKeyring } from '../../../../src/core/keyring.js'
import { createCsrf } from '../../../../src/csrf/index.js'
import { RequestSessions } from '../../../../src/edge/request-sessions.js'
import { installSessions, useReadonlySession, useSession } from '../../../../src/h3/index.js'
import { type Codec, cbor, defineSession, json, memoryStore, migration, requireRecent } from '../../../../src/index.js'
import { loggedOut } from '../../../../src/nuxt/logged-out.js'
import { missingLibrary } from '../../../../src/stores/failure.js'
import { fileStore } from '../../../../src/stores/file.js'
import { sqliteStore } from '../../../../src/stores/sqlite.js'
import { unstorageStore } from '../../../../src/stores/unstorage.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import {
  type flash,
  hooks,
  ids,
  keys,
  Money,
  note,
  OTHER_SECRET,
  provoke,
  SECRET,
  said,
  type schema,
  setUp,
  USER,
  VALUE,
  WEAK_SECRET,
} from './kit.js'

/** Meets everything that speaks: all errors, all hooks, damage of every kind, drivers that quote, both edges. */
export async function takeTour(): Promise<void> {
  for (const part of [writes, damages, deploys, movesIn, lives, outages, edges]) await part()
}

async function writes(): Promise<void> {
  const wrong: [string, unknown][] = [
    ['n', VALUE],
    ['theme', VALUE],
    ['code', VALUE],
    ['text', { inside: VALUE }],
    ['list', [{ a: VALUE }, { a: 1, other: VALUE }]],
    ['either', { kind: VALUE }],
  ]
  for (const codec of [cbor(), json(), superjson(), registry()]) {
    const { client, login } = setUp({ codec })
    await login()
    for (const [key, value] of wrong)
      await provoke(`set ${key}`, () => client.request((s) => s.set(key as never, value as never)))
    for (const value of [
      () => VALUE,
      Symbol(VALUE),
      new (class Own {
        text = VALUE
      })(),
      `${VALUE}\ud800`,
      new WeakMap(),
    ])
      await provoke(`a value ${codec.name} cannot carry`, () => client.request((s) => s.set('any', { deep: [value] })))
    await provoke('flash', () => client.request((s) => s.flash.set('notice', [VALUE] as never)))
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
    // What these are made of is quoted by the engine when it is no URL or pattern any more.
    if (name !== 'json' && name !== 'registry')
      await client.request((s) => s.set('any', [new URL(`https://${VALUE}.example/`), new RegExp(`(${VALUE})`)]))
    for (const { key, record } of await records()) {
      keys.add(key)
      const put = (bytes: Uint8Array) => store.update(key, { ...record, bytes }, record.revision)
      for (let i = 0; i < record.bytes.length; i++) {
        await put(Uint8Array.from(record.bytes, (byte, at) => (at === i ? byte ^ 0x22 : byte)))
        await provoke(`${name}, a byte flipped`, () => client.request((s) => s.data))
        await put(record.bytes.slice(0, i))
        await provoke(`${name}, cut short`, () => client.request((s) => s.data))
      }
    }
  }
}

async function deploys(): Promise<void> {
  const { definition, client, login, store } = setUp({ encrypt: true })
  await login()
  const read = (where: string, other: object) =>
    provoke(where, () => createTestClient(definition.with(other)).request((s) => s.data, { cookie: client.cookie }))
  await read('another secret', { secrets: OTHER_SECRET, encrypt: true })
  await read('no transform', { encrypt: false })
  const v1 = z.object({ text: z.string() })
  const v2 = z.object({ text: z.number() })
  const options = { store, hooks, name: 'versioned' }
  const old = createTestClient(defineSession(v1, options))
  await old.request((s) => s.set('text', VALUE))
  const migrated = (run: (text: string | undefined) => number) =>
    createTestClient(
      defineSession(v2, {
        ...options,
        version: 2,
        migrations: [migration(v1, v2, ({ text }) => ({ text: run(text) }))],
      }),
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

/** A session of another library, whose id, values and keys that no longer fit are nobody's business either. */
async function movesIn(): Promise<void> {
  const oldId = 'b'.repeat(32)
  ids.add(oldId)
  const load = () => ({ values: { userId: USER, text: VALUE, theme: VALUE } })
  const reader = { name: 'old-app', cookies: ['old'], find: () => ({ id: oldId, load }) }
  const soon = new Date(fakeClock()() + 86_400_000)
  const { client } = setUp({ adopt: [{ reader, until: soon }] })
  await client.request((s) => s.get('text'), { cookie: `old=${oldId}` })
  client.cookie = ''
  // What is shared with the old app, and cannot be.
  const write = () => ({ old: 'x'.repeat(5000) })
  for (const values of [
    () => ({ text: new Set([VALUE]) }),
    () => ({ text: VALUE }),
    () => Promise.reject(new Error(VALUE)),
  ]) {
    const sharing = setUp({
      name: 'sharing',
      adopt: [{ reader: { ...reader, write }, until: soon, share: { values: values as never } }],
    })
    await sharing.client.request((s) => s.set('text', 'changed'), { cookie: `old=${oldId}` })
  }
  const silent = {
    ...reader,
    find: () => ({ id: oldId, load: () => Promise.reject(new Error(`no answer for ${oldId}`)) }),
  }
  const failing = setUp({ adopt: [{ reader: silent, until: soon }] })
  await provoke('an old store that fails', () => failing.client.request((s) => s.data, { cookie: `old=${oldId}` }))
}

async function lives(): Promise<void> {
  const { clock, definition, client, login, store } = setUp({
    subject: 'userId',
    maxPerSubject: 2,
    onLimit: 'refuse',
    signIds: true,
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
  const csrf = createCsrf({ session: () => client.request((s) => s).then(({ value }) => value) })
  await provoke('csrf', () => csrf.verify({ headers: { 'x-csrf-token': VALUE }, method: 'POST' }))
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
  const scope = new RequestSessions()
  for (const definition of several) (await scope.use(definition, { header: () => undefined })).set('text', VALUE)
  await provoke('several', () => scope.commit(200, { setHeader() {}, setDefault() {}, vary() {}, setCookie() {} }))
  await provoke('late', async () =>
    (await scope.use(setUp().definition, { header: () => undefined })).set('text', VALUE),
  )

  const hanging = setUp({ store: { ...memoryStore(), read: () => new Promise<never>(() => {}) }, storeTimeout: 10 })
  const id = 'a'.repeat(43)
  ids.add(id)
  await provoke('time-out', () => hanging.client.request((s) => s.data, { cookie: `session=${id}` }))

  const { drizzle } = await import('drizzle-orm/libsql')
  const quoting = (...args: unknown[]) => Promise.reject(new Error(`bad arguments: ${args.map(String).join(', ')}`))
  const driver = { hasItem: () => false, getItem: () => null, setItem: quoting, removeItem() {}, getKeys: () => [] }
  for (const store of [
    sqliteStore({ db: drizzle({ connection: { url: ':memory:' } }) }),
    unstorageStore({ storage: createStorage({ driver }), acceptLostUpdates: true }),
    fileStore({ folder: fileURLToPath(import.meta.url) }),
  ]) {
    const failing = setUp({ store })
    await provoke('a driver that quotes its arguments', failing.login)
    await provoke('the same on read', () => failing.client.request((s) => s.data, { cookie: `session=${id}` }))
    keys.add(hashedKey('session', id as SessionId))
  }

  note('missing library', missingLibrary(Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' }), 'x', 'y'))
  for (const secrets of [WEAK_SECRET, [SECRET, SECRET], [SECRET, WEAK_SECRET], `${SECRET}`.repeat(2)])
    await provoke('weak secret', () => createKeyring(secrets))
  await provoke('an object as subject', () => setUp({ subject: () => ({ id: VALUE }) as never }).login())
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
    (
      (await useReadonlySession(event, definition)) as Awaited<
        ReturnType<typeof useSession<typeof schema, typeof flash>>
      >
    ).set('text', VALUE)
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
  const cached = { req: new Request('http://localhost/'), res: {}, context: { routeRules: { isr: true } } }
  await provoke('a session in a route that is cached', () => useReadonlySession(cached as never, definition))
  await provoke('a guarded route of Nuxt', () => Promise.reject(loggedOut()))
  await provoke('not installed', () =>
    useSession({ req: new Request('http://localhost/'), res: {}, context: {} } as never, definition),
  )
  await provoke('readonly', async () => {
    const request = { header: (name: string) => (name === 'Cookie' ? client.cookie : undefined) }
    ;(await definition.opener.openReadonly(request)).set('text', VALUE)
  })
}
