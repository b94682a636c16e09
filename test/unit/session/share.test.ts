import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cookieSession } from '../../../src/adopt/cookie-session.js'
import { gorillaSessions } from '../../../src/adopt/gorilla.js'
import { generateSecret } from '../../../src/core/keyring.js'
import { defineSession } from '../../../src/define.js'
import type { AdoptOptions, ShareOptions } from '../../../src/session/definition/options.js'
import type { SessionReader } from '../../../src/session/transport/adopt-port.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'

const schema = z.object({
  userId: z.number().int().optional(),
  cart: z.array(z.string()).default([]),
  at: z.date().optional(),
})
const day = 86_400_000
const keys = [{ hash: 'a key of the old app', block: '0123456789abcdef' }]
const old = gorillaSessions({ name: 'old', keys })

function app(reader: SessionReader = old, share: Partial<ShareOptions<typeof schema>> = {}, more: object = {}) {
  const clock = fakeClock()
  const store = memoryStore()
  const told: { readonly keys: readonly string[]; readonly error?: unknown }[] = []
  const values: ShareOptions<typeof schema>['values'] = ({ userId, cart }) => ({ userId, cart })
  const item = { reader, until: new Date(clock() + 30 * day), share: { values, ...share } } satisfies AdoptOptions<
    typeof schema
  >
  const definition = defineSession(schema, {
    store,
    clock,
    name: 'ours',
    subject: 'userId',
    secrets: [generateSecret()],
    adopt: [item],
    hooks: { invalid: (event) => void told.push(event) },
    ...more,
  })
  return { clock, store, told, definition, client: () => browser(definition, () => clock()) }
}

/** A browser with its cookies. */
function browser({ opener }: Pick<ReturnType<typeof app>['definition'], 'opener'>, now: () => number) {
  const jar = new Map<string, string>()
  let lines: Record<string, string> = {}
  return {
    jar,
    /** The Set-Cookie lines of the last response. */
    lines: () => lines,
    /** What the old app reads. */
    async reads(reader: SessionReader = old) {
      const found = await reader.find({
        cookie: (name) => [jar.get(name) ?? []].flat(),
        header: () => undefined,
        now: now(),
      })
      return (await found?.load())?.values
    },
    async visit(
      use: (session: Awaited<ReturnType<typeof opener.open>>['session']) => unknown = () => {},
      status = 200,
    ) {
      const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
      const header = (name: string) => (name.toLowerCase() === 'cookie' ? cookie : undefined)
      const open = await opener.open({ header, development: true })
      await use(open.session)
      lines = {}
      let failure: unknown
      await open.finish(status).catch((error: unknown) => (failure = error))
      open.announce({ setHeader: () => {}, setCookie: (name, line) => void (lines[name] = line) })
      for (const [name, line] of Object.entries(lines)) {
        const value = line.slice(name.length + 1).split(';')[0] as string
        if (value === '') jar.delete(name)
        else jar.set(name, value)
      }
      if (failure !== undefined) throw failure
    },
  }
}

describe('the old app reads, in its own cookie, what is stored', () => {
  it('after a login, each change, and a new id; a mere read writes nothing', async () => {
    const client = app().client()
    await client.visit((session) => session.set('userId', 7))
    expect(await client.reads()).toStrictEqual({ userId: 7, cart: [], _zession: true })
    await client.visit()
    expect(client.lines()).toStrictEqual({})
    await client.visit((session) => session.update('cart', (cart) => [...cart, 'pear']))
    expect(await client.reads()).toMatchObject({ userId: 7, cart: ['pear'] })
    await client.visit((session) => session.regenerate({ keep: ['userId'] }))
    expect(await client.reads()).toMatchObject({ userId: 7, cart: [] })
  })

  it('after it is adopted, with the mark of a copy', async () => {
    const client = app().client()
    client.jar.set('old', (await written({ userId: 7 }))['old'] as string)
    await client.visit((session) => expect(session.get('userId')).toBe(7))
    expect(await client.reads()).toStrictEqual({ userId: 7, cart: [], _zession: true })
  })

  it('when a client that has a session comes without the old cookie, or with one that is out of date or damaged', async () => {
    const client = app().client()
    await client.visit((session) => session.set('userId', 7))
    const before = client.jar.get('old') as string
    await client.visit((session) => session.set('userId', 8))
    for (const cookie of ['', 'nonsense', before]) {
      client.jar.set('old', cookie)
      await client.visit()
      expect(await client.reads()).toMatchObject({ userId: 8 })
    }
  })

  it('and not for longer than the session lives: each renewal is passed on', async () => {
    const { clock, client: open } = app()
    const client = open()
    await client.visit((session) => session.set('userId', 7))
    clock.advance(1800)
    await client.visit()
    clock.advance(3000)
    expect(await client.reads()).toMatchObject({ userId: 7 })
    clock.advance(601)
    expect(await client.reads()).toBeUndefined()
  })

  it('with the lifetime of our own cookie in the browser, which `remember` prolongs', async () => {
    const client = app().client()
    await client.visit((session) => session.set('userId', 7))
    expect(client.lines()['old']).not.toContain('Max-Age')
    await client.visit((session) => session.remember(7200))
    expect(client.lines()['old']).toContain('Max-Age=7200')
  })
})

describe('law 2: what has ended is in no old cookie', () => {
  it.each(['destroy', 'destroyById', 'revoke', 'expire'] as const)(
    '%s: it is removed, and adopted by nobody',
    async (end) => {
      const { clock, definition, client: open } = app()
      const client = open()
      await client.visit((session) => session.set('userId', 7))
      const kept = client.jar.get('old') as string
      if (end === 'destroy') await client.visit((session) => session.destroy())
      if (end === 'revoke') await definition.subjects.revoke(7)
      if (end === 'destroyById') await definition.destroyById(client.jar.get('ours') ?? '')
      if (end === 'expire') clock.advance(3601)
      if (end !== 'destroy') await client.visit((session) => expect(session.isNew).toBe(true))
      // One that has expired with the session is nothing to the old app either.
      if (end !== 'expire') expect(client.jar.has('old')).toBe(false)
      expect(await client.reads()).toBeUndefined()
      client.jar.clear()
      client.jar.set('old', kept)
      await client.visit((session) => expect(session.get('userId')).toBeUndefined())
      expect(client.jar.has('ours')).toBe(false)
      const all = []
      for await (const each of definition.scan()) all.push(each)
      expect(all).toHaveLength(0)
    },
  )

  it('nor by what the old app made of a copy, keeping what it does not know', async () => {
    const client = app().client()
    client.jar.set('old', (await written({ userId: 7, _zession: true, seen: 1 }))['old'] as string)
    await client.visit((session) => expect(session.isNew).toBe(true))
  })
})

describe('a response that stores nothing says nothing', () => {
  it('of a status from 500 on, or a commit that fails', async () => {
    const { store, client: open } = app()
    const client = open()
    await client.visit((session) => session.set('userId', 7))
    const before = client.jar.get('old')
    await client.visit((session) => session.set('userId', 8), 500)
    expect([client.lines(), client.jar.get('old')]).toStrictEqual([{}, before])
    const update = store.update
    store.update = () => Promise.reject(new Error('down'))
    await expect(client.visit((session) => session.set('userId', 8))).rejects.toThrow()
    expect([client.lines(), client.jar.get('old')]).toStrictEqual([{}, before])
    store.update = update
    await client.visit((session) => session.set('userId', 9))
    expect(await client.reads()).toMatchObject({ userId: 9 })
  })

  it('of an anonymous visitor; and an old session of the old app is left alone by a mere read', async () => {
    const client = app().client()
    await client.visit()
    expect(client.lines()).toStrictEqual({})
    await client.visit((session) => session.set('cart', ['pear']))
    const [own] = Object.values(await written({ userId: 9 }))
    client.jar.set('old', own as string)
    await client.visit((session) => expect(session.get('cart')).toStrictEqual(['pear']))
    expect(client.lines()).toStrictEqual({})
    await client.visit((session) => session.set('userId', 7))
    expect(await client.reads()).toMatchObject({ userId: 7 })
  })
})

describe('what cannot be shared is reported, and the old app sees nobody rather than what was', () => {
  it.each<[string, ShareOptions<typeof schema>['values'], string]>([
    ['a Date', ({ at }) => ({ at }), '`at`'],
    ['a bigint', () => ({ a: [{ b: 1n }] }), '`a[0].b`'],
    ['NaN', () => ({ a: Number.NaN }), '`a`'],
    ['half a character', () => ({ a: '\uD83D' }), '`a`'],
    ['an instance', () => ({ a: new Map() }), '`a`'],
    ['no object', () => 7 as never, 'an object of plain values'],
    ['a promise that rejects', (() => Promise.reject(new Error('seven'))) as never, 'an object of plain values'],
    ['a promise', (async () => ({})) as never, 'an object of plain values'],
    ['too much', () => ({ a: 'x'.repeat(5000) }), 'over 4096'],
    [
      'a mistake',
      () => {
        throw new Error('mistake')
      },
      'threw an error',
    ],
  ])('%s', async (_, values, message) => {
    let isBroken = false
    const { told, client: open } = app(old, { values: (data) => (isBroken ? values(data) : { userId: data.userId }) })
    const client = open()
    await client.visit((session) => session.set('userId', 7))
    isBroken = true
    await client.visit((session) => session.set('at', new Date()))
    expect(client.jar.has('old')).toBe(false)
    expect(told).toStrictEqual([
      expect.objectContaining({ keys: [], error: expect.objectContaining({ code: 'ERR_SESSION_CODEC' }) }),
    ])
    expect(String(told[0]?.error)).toContain(message)
    isBroken = false
    await client.visit((session) => expect(session.get('at')).toBeInstanceOf(Date))
    expect(await client.reads()).toMatchObject({ userId: 7 })
  })

  it('`values` gets what it may not change', async () => {
    const { told, client: open } = app(old, { values: ({ cart }) => ({ cart: (cart as string[]).sort() }) })
    await open().visit((session) => session.set('cart', ['b', 'a']))
    expect(told).toHaveLength(1)
  })
})

describe('cookies', () => {
  it('are as safe as ours by default, and otherwise as the old app has them', async () => {
    const plain = app().client()
    await plain.visit((session) => session.set('userId', 7))
    expect(plain.lines()['old']).toMatch(/^old=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)
    const own = app(old, {
      cookie: { path: '/app', secure: true, sameSite: 'none', httpOnly: false, domain: 'example.com' },
    })
    const client = own.client()
    await client.visit((session) => session.set('userId', 7))
    const attributes = 'Domain=example.com; Path=/app; Secure; SameSite=None'
    expect(client.lines()['old']).toMatch(new RegExp(`^old=[^;]+; ${attributes}$`))
    await client.visit((session) => session.destroy())
    expect(client.lines()['old']).toMatch(
      /^old=; Max-Age=0; Domain=example.com; Path=\/app; Expires=Thu, 01 Jan 1970.*Secure/,
    )
  })

  it('of a library that has two are both written, and both removed', async () => {
    const reader = cookieSession({ keys: 'secret', name: 'two' })
    const client = app(reader).client()
    await client.visit((session) => session.set('userId', 7))
    expect(await client.reads(reader)).toMatchObject({ userId: 7 })
    expect([...client.jar.keys()].toSorted()).toStrictEqual(['ours', 'two', 'two.sig'])
    await client.visit((session) => session.destroy())
    expect([...client.jar.keys()]).toStrictEqual([])
  })
})

describe('options', () => {
  const until = new Date(Date.now() + day)
  const values = () => ({})
  const silent: SessionReader = { name: 'own', cookies: ['sid'], find: () => undefined }
  const reader = cookieSession({ keys: 'x' })
  it.each<[string, object, string]>([
    ['a reader that only reads', { adopt: [{ reader: silent, until, share: { values } }] }, 'only reads'],
    ['beside an end of the old', { adopt: [{ reader: old, until, old: 'end', share: { values } }] }, "`old: 'end'`"],
    [
      'our own name, in development',
      { name: 'session', adopt: [{ reader, until, share: { values } }] },
      'another `name`',
    ],
    [
      'one cookie twice',
      { adopt: [old, old].map((each) => ({ reader: each, until, share: { values } })) },
      'another one writes the cookie `old`',
    ],
    ['without values', { adopt: [{ reader: old, until, share: {} }] }, '`adopt[0].share.values`'],
    [
      'a cookie that browsers drop',
      { adopt: [{ reader: old, until, share: { values, cookie: { sameSite: 'none', secure: false } } }] },
      'ecure',
    ],
    [
      'a name of its own',
      { adopt: [{ reader: old, until, share: { values, cookie: { name: 'x' } } }] },
      'the reader has it',
    ],
  ])('%s: refused', (_, options, message) => {
    const define = () => defineSession(schema, { name: 'ours', secrets: generateSecret(), ...options } as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})

const written = async (values: Record<string, unknown>) => {
  const now = fakeClock()()
  return { ...(await old.write?.(values, { now, expiresAt: now + day })) } as Record<string, string>
}
