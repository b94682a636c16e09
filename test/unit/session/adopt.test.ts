import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { MisdeployError, UnreadableRecordError } from '../../../src/core/errors.js'
import { generateSecret } from '../../../src/core/keyring.js'
import { defineSession } from '../../../src/define.js'
import type { AdoptOptions } from '../../../src/session/definition/options.js'
import type { OldContents, SessionReader } from '../../../src/session/transport/adopt-port.js'
import { cookieStore } from '../../../src/stores/cookie.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'

const schema = z.object({
  userId: z.number().int().optional(),
  cart: z.array(z.string()).default([]),
  seen: z.number().default(0),
})
const clock = fakeClock()
const secret = generateSecret()
const day = 86_400_000

/** Sessions of an old app: their ids come in a cookie `old`, as they are. */
function oldApp(sessions: Record<string, unknown>, more: Partial<OldContents> = {}) {
  const records = new Map(Object.entries(sessions))
  let loads = 0
  const reader: SessionReader = {
    name: 'old-app',
    cookies: ['old', 'old.sig'],
    find({ cookie }) {
      const [id] = cookie('old')
      if (id === undefined || id === 'forged') return undefined
      return {
        id,
        async load() {
          loads++
          await Promise.resolve()
          const values = records.get(id)
          if (values instanceof Error) throw values
          return values === undefined
            ? undefined
            : { values: values as Record<string, unknown>, end: () => records.delete(id), ...more }
        },
      }
    },
  }
  return { reader, records, loads: () => loads }
}

interface Told {
  readonly adopted: { readonly from: string; readonly refused: readonly string[] }[]
  readonly invalid: { readonly keys: readonly string[]; readonly error?: unknown }[]
}

function app(reader: SessionReader, adopt: Partial<AdoptOptions> = {}, more: object = {}) {
  const store = memoryStore()
  const told: Told & { readonly storeErrors: unknown[] } = { adopted: [], invalid: [], storeErrors: [] }
  const definition = defineSession(schema, {
    store,
    clock,
    secrets: [secret],
    subject: 'userId',
    adopt: [{ reader, until: new Date(clock() + 30 * day), ...adopt } as never],
    hooks: {
      adopted: ({ from, refused }) => void told.adopted.push({ from, refused }),
      invalid: ({ keys, error }) => void told.invalid.push({ keys, error }),
      storeError: ({ error }) => void told.storeErrors.push(error),
    },
    ...more,
  })
  return { definition, told, store, visit: (cookies: string) => visit(definition, cookies) }
}

type Definition = ReturnType<typeof app>['definition']

async function visit(definition: Definition, cookies: string) {
  const header = (name: string) => (name.toLowerCase() === 'cookie' ? cookies : undefined)
  const open = await definition.opener.open({ header, development: true })
  return {
    session: open.session,
    /** Ends the request. @returns what the browser is sent */
    async end(status = 200): Promise<Record<string, string>> {
      await open.finish(status)
      const sent: Record<string, string> = {}
      open.announce({ setHeader: () => {}, setCookie: (name, line) => void (sent[name] = line) })
      return sent
    },
  }
}

const ours = (sent: Record<string, string>) => sent['session']?.split(';')[0] ?? ''

async function count(definition: Definition): Promise<number> {
  let all = 0
  for await (const _ of definition.scan()) all++
  return all
}

afterEach(() => expect(clock()).toBeGreaterThan(0))

describe('a session of another library', () => {
  it('becomes one of ours, with a cookie of ours, and stays where it is', async () => {
    const { reader, records } = oldApp({ a: { userId: 7, cart: ['pear'], other: 1 } })
    const { told, visit, definition } = app(reader)
    const first = await visit('old=a')
    expect(first.session.data).toStrictEqual({ userId: 7, cart: ['pear'], seen: 0 })
    expect(first.session.isNew).toBe(false)
    const sent = await first.end()
    expect(Object.keys(sent)).toStrictEqual(['session'])
    expect(told.adopted).toStrictEqual([{ from: 'old-app', refused: [] }])
    expect(records.size).toBe(1)

    const next = await visit(ours(sent))
    expect(next.session.get('userId')).toBe(7)
    expect(await next.end()).toStrictEqual({})
    expect(await definition.subjects.list(7)).toHaveLength(1)
  })

  it('is adopted once, however often its cookie comes again, and keeps what it has become', async () => {
    const { reader, loads } = oldApp({ a: { userId: 7 } })
    const { told, visit, definition } = app(reader)
    const first = await visit('old=a')
    first.session.set('seen', 3)
    await first.end()
    for (let again = 0; again < 3; again++) {
      const later = await visit('old=a')
      expect(later.session.get('seen')).toBe(3)
      expect(ours(await later.end())).not.toBe('')
    }
    expect([told.adopted.length, loads(), await count(definition)]).toStrictEqual([1, 1, 1])
  })

  it('is left alone where the request brings one of ours', async () => {
    const { reader, loads } = oldApp({ a: { userId: 7 } })
    const { visit } = app(reader)
    const mine = await visit('')
    mine.session.set('userId', 8)
    const cookie = ours(await mine.end())
    expect((await visit(`old=a; ${cookie}`)).session.get('userId')).toBe(8)
    expect(loads()).toBe(0)
  })

  it.each(['', 'old=forged', 'old=unknown', 'other=a'])('is not there: %j', async (cookies) => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { visit, told, definition } = app(reader)
    const nobody = await visit(cookies)
    expect(nobody.session.isNew).toBe(true)
    expect(await nobody.end()).toStrictEqual({})
    expect([told.adopted, await count(definition)]).toStrictEqual([[], 0])
  })

  it('is ended when asked, and the client forgets those of its cookies that it has', async () => {
    const { reader, records } = oldApp({ a: { userId: 7 } })
    const { visit } = app(reader, { old: 'end' })
    const sent = await (await visit('old=a')).end()
    expect(records.size).toBe(0)
    expect(sent['old']).toMatch(/^old=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/)
    expect(sent).not.toHaveProperty('old.sig')
  })

  it('that cannot be ended is adopted all the same', async () => {
    const { reader } = oldApp({ a: { userId: 7 } }, { end: () => Promise.reject(new Error('down')) })
    const { visit, told } = app(reader, { old: 'end' })
    expect((await visit('old=a')).session.get('userId')).toBe(7)
    expect(told.storeErrors).toHaveLength(1)
  })

  it('without anything for the schema is none', async () => {
    const { reader } = oldApp({ a: { other: 1 } })
    const { visit, definition } = app(reader)
    expect((await visit('old=a')).session.isNew).toBe(true)
    expect(await count(definition)).toBe(0)
  })

  it('is shown to a request that may not write, which stores nothing', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { definition } = app(reader)
    const header = (name: string) => (name === 'Cookie' ? 'old=a' : undefined)
    const session = await definition.opener.openReadonly({ header, development: true })
    expect(session.get('userId')).toBe(7)
    expect(await count(definition)).toBe(0)
  })
})

describe('map and schema', () => {
  it('what the schema refuses, or does not know, is left out and named', async () => {
    const { reader } = oldApp({ a: { uid: 'seven', items: ['pear'] } })
    const map = (old: Readonly<Record<string, unknown>>) => ({ userId: old['uid'], cart: old['items'], more: 1 })
    const { visit, told } = app(reader, { map: map as never })
    expect((await visit('old=a')).session.data).toStrictEqual({ cart: ['pear'], seen: 0 })
    expect(told.adopted).toStrictEqual([{ from: 'old-app', refused: ['userId', 'more'] }])
  })

  it('a map that throws adopts nothing, and is reported; mended, it finds the old session', async () => {
    const { reader } = oldApp({ a: { uid: 7 } })
    const { visit, told, definition } = app(reader, {
      map: () => {
        throw new Error('seven')
      },
    })
    expect((await visit('old=a')).session.isNew).toBe(true)
    expect(told.invalid).toStrictEqual([
      { keys: [], error: expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' }) },
    ])
    const mended = definition.with({
      adopt: [{ reader, until: new Date(clock() + day), map: ({ uid }) => ({ userId: uid }) }],
    })
    expect((await visitOf(mended, 'old=a')).session.get('userId')).toBe(7)
  })

  it.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a text', () => 'x'],
    ['a list', () => []],
    ['a promise', () => Promise.resolve({})],
    ['a promise that rejects', () => Promise.reject(new Error('seven'))],
  ])('a map that returns %s is a mistake, and ends no process', async (_, map) => {
    const { reader } = oldApp({ a: { uid: 7 } })
    const { visit } = app(reader, { map: map as never })
    await expect(visit('old=a')).rejects.toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('a session that is too large is not adopted, and reported', async () => {
    const { reader } = oldApp({ a: { cart: ['x'.repeat(2000)] } })
    const { visit, told } = app(reader, {}, { maxRecordBytes: 1000 })
    expect((await visit('old=a')).session.isNew).toBe(true)
    expect(told.invalid).toHaveLength(1)
  })
})

describe('failures of a reader', () => {
  it('what is authentic and unreadable is reported, and the request goes on; with `throw` it fails', async () => {
    const { reader } = oldApp({ a: new UnreadableRecordError('not JSON') })
    const { visit, told } = app(reader)
    expect((await visit('old=a')).session.isNew).toBe(true)
    expect(told.invalid).toHaveLength(1)
    const strict = app(reader, {}, { onUnreadable: 'throw' })
    await expect(strict.visit('old=a')).rejects.toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' }))
  })

  it('what this app lacks is 503', async () => {
    const { reader } = oldApp({ a: new MisdeployError('main.User') })
    await expect(app(reader).visit('old=a')).rejects.toThrow(expect.objectContaining({ status: 503 }))
  })

  it('an outage of the old store is 503, or an empty session that cannot be written', async () => {
    const { reader, records } = oldApp({ a: new Error('down') })
    const { visit, told } = app(reader)
    await expect(visit('old=a')).rejects.toThrow(expect.objectContaining({ code: 'ERR_SESSION_STORE', status: 503 }))
    expect(told.storeErrors).toHaveLength(1)
    const empty = await app(reader, {}, { onStoreError: 'anonymous' }).visit('old=a')
    expect(() => empty.session.set('userId', 1)).toThrow()
    records.set('a', { userId: 7 })
    expect((await visit('old=a')).session.get('userId')).toBe(7)
  })

  it('one that never answers is given up after storeTimeout', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const silent: SessionReader = { ...reader, find: () => ({ id: 'a', load: () => new Promise(() => {}) }) }
    await expect(app(silent, {}, { storeTimeout: 50 }).visit('old=a')).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_STORE_TIMEOUT' }),
    )
  })

  it('another reader is asked when the first finds nothing', async () => {
    const [one, two] = [oldApp({}), oldApp({ a: { userId: 7 } })]
    const until = new Date(clock() + day)
    const { visit } = app(
      one.reader,
      {},
      {
        adopt: [
          { reader: one.reader, until },
          { reader: { ...two.reader, name: 'two' }, until },
        ],
      },
    )
    expect((await visit('old=a')).session.get('userId')).toBe(7)
  })
})

/** With another definition than `app` has made. */
const visitOf = visit

describe('laws', () => {
  it.each(['keep', 'end'] as const)(
    '2: what has ended is not adopted again (%s), on no server, however it ended',
    async (old) => {
      for (const end of ['destroy', 'regenerate', 'revoke', 'destroyAll', 'expire'] as const) {
        const { reader } = oldApp({ a: { userId: 7 } })
        const { visit, definition, store } = app(reader, { old })
        const first = await visit('old=a')
        if (end === 'destroy') await first.session.destroy()
        if (end === 'regenerate') await first.session.regenerate()
        await first.end()
        if (end === 'revoke') expect(await definition.subjects.revoke(7)).toBe(1)
        if (end === 'destroyAll') expect(await definition.destroyAll()).toBe(1)
        if (end === 'expire') clock.advance(3601)
        const restarted = definition.with({ store })
        for (const server of [definition, restarted]) {
          const later = await visitOf(server, 'old=a')
          expect([end, later.session.isNew, later.session.get('userId')]).toStrictEqual([end, true, undefined])
          expect(ours(await later.end())).toBe('')
        }
      }
    },
  )

  it('2: nor while secrets are rotated, newest first', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { visit, definition } = app(reader)
    const first = await visit('old=a')
    await first.session.destroy()
    await first.end()
    const rotated = definition.with({ secrets: [generateSecret(), secret] })
    expect((await visitOf(rotated, 'old=a')).session.isNew).toBe(true)
  })

  it('5: no id of ours is made of the old one without the secret, and the old id is no id of ours', async () => {
    const { reader } = oldApp({ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: { userId: 7 } })
    const { visit } = app(reader)
    const sent = ours(await (await visit(`old=${'a'.repeat(43)}`)).end())
    expect(sent).not.toContain('aaa')
    expect((await visit(`session=${'a'.repeat(43)}`)).session.isNew).toBe(true)
  })

  it('6: it lives no longer than a session of ours, and nothing is adopted after `until`', async () => {
    const { reader } = oldApp({ a: { userId: 7 }, b: { userId: 8 } })
    const { visit } = app(reader, { until: new Date(clock() + 10_000) })
    const sent = ours(await (await visit('old=a')).end())
    clock.advance(11)
    expect((await visit('old=b')).session.isNew).toBe(true)
    expect((await visit(sent)).session.get('userId')).toBe(7)
    clock.advance(3601)
    expect((await visit(sent)).session.isNew).toBe(true)
  })

  it('10: the client gets the cookie with any status, and again when the response was lost', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { visit } = app(reader)
    const one = ours(await (await visit('old=a')).end(500))
    const two = ours(await (await visit('old=a')).end())
    expect(one).not.toBe('')
    expect(two).toBe(one)
  })

  it('is no login for requireRecent, unless it is to count as one', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    expect((await app(reader).visit('old=a')).session.age).toBeGreaterThan(86_400)
    expect((await app(reader, { login: true }).visit('old=a')).session.age).toBe(0)
  })
})

describe('races', () => {
  it.each([
    ['keep', false],
    ['end', false],
    ['end', true],
  ] as const)(
    'twenty requests at once make one session (%s, login: %s), and every change survives',
    async (old, login) => {
      const { reader, records } = oldApp({ a: { userId: 7 } })
      const { definition, told, visit } = app(reader, { old, login }, login ? { maxPerSubject: 1 } : {})
      const sent = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const one = await visit('old=a')
          expect(one.session.get('userId')).toBe(7)
          one.session.update('seen', (seen) => seen + 1)
          return ours(await one.end())
        }),
      )
      expect(new Set(sent).size).toBe(1)
      expect((await visit(sent[0] ?? '')).session.get('seen')).toBe(20)
      expect([told.adopted.length, await count(definition), records.size]).toStrictEqual([1, 1, old === 'end' ? 0 : 1])
      expect(await definition.subjects.list(7)).toHaveLength(1)
    },
  )

  it('a request that comes to the old store when another has ended the old session has the new one', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    let begun = () => {}
    const hasBegun = new Promise<void>((resolve) => (begun = resolve))
    let goOn = () => {}
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve))
    let isFirst = true
    const slow: SessionReader = {
      ...reader,
      async find(request) {
        const found = await reader.find(request)
        if (!found || !isFirst) return found
        isFirst = false
        return {
          ...found,
          async load() {
            begun()
            await mayGoOn
            return found.load()
          },
        }
      },
    }
    const { visit, told } = app(slow, { old: 'end' })
    const late = visit('old=a')
    await hasBegun
    const sent = ours(await (await visit('old=a')).end())
    goOn()
    const one = await late
    expect(one.session.get('userId')).toBe(7)
    expect(ours(await one.end())).toBe(sent)
    expect(told.adopted).toHaveLength(1)
  })

  it('two servers that share a store make one, and a logout on one of them is final on the other', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { definition, store } = app(reader)
    const other = definition.with({ store })
    const visits = await Promise.all([definition, other, definition, other].map((server) => visitOf(server, 'old=a')))
    await visits[0]?.session.destroy()
    await Promise.all(visits.map((one) => one.end()))
    expect((await visitOf(other, 'old=a')).session.isNew).toBe(true)
    expect(await count(other)).toBe(0)
  })

  it('a session without a name is one for each request', async () => {
    const { reader } = oldApp({})
    const nameless: SessionReader = { ...reader, find: () => ({ load: () => ({ values: { userId: 7 } }) }) }
    const { visit, definition } = app(nameless)
    await Promise.all([visit(''), visit('')].map(async (one) => (await one).end()))
    expect(await definition.subjects.list(7)).toHaveLength(2)
  })
})

describe('subjects and limits', () => {
  async function loggedIn(visit: (cookies: string) => ReturnType<typeof visitOf>) {
    const one = await visit('')
    one.session.set('userId', 7)
    return ours(await one.end())
  }

  it('as a login it ends the oldest session', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { visit } = app(reader, { login: true }, { maxPerSubject: 1 })
    const before = await loggedIn(visit)
    clock.advance(1)
    expect((await visit('old=a')).session.get('userId')).toBe(7)
    expect((await visit(before)).session.isNew).toBe(true)
  })

  it('as none it ends nothing, and the next login ends it', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { visit, definition } = app(reader, {}, { maxPerSubject: 1 })
    const before = await loggedIn(visit)
    const sent = ours(await (await visit('old=a')).end())
    expect((await visit(before)).session.get('userId')).toBe(7)
    expect((await visit(sent)).session.get('userId')).toBe(7)
    expect(await definition.subjects.list(7)).toHaveLength(2)
    clock.advance(1)
    await loggedIn(visit)
    expect((await visit(sent)).session.isNew).toBe(true)
  })

  it('as a login that is refused it is not adopted, which is reported, and comes in once there is room', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const { visit, told, definition } = app(reader, { login: true }, { maxPerSubject: 1, onLimit: 'refuse' })
    await loggedIn(visit)
    expect((await visit('old=a')).session.isNew).toBe(true)
    expect(told.invalid).toStrictEqual([{ keys: [], error: expect.objectContaining({ code: 'ERR_SESSION_LIMIT' }) }])
    expect(await count(definition)).toBe(1)
    await definition.subjects.revoke(7)
    expect((await visit('old=a')).session.get('userId')).toBe(7)
  })

  it('a request that died before it was counted is made up for by the next', async () => {
    const { reader } = oldApp({ a: { userId: 7 } })
    const store = memoryStore()
    let dies = true
    const dying = {
      ...store,
      bySubject: store.bySubject.bind(store),
      update: async (...call: Parameters<typeof store.update>) => {
        if (!dies) return store.update(...call)
        throw new Error('cut')
      },
    }
    const { visit, definition, told } = app(reader, { login: true }, { store: dying })
    await expect(visit('old=a')).rejects.toThrow(expect.objectContaining({ code: 'ERR_SESSION_STORE' }))
    expect(await definition.subjects.list(7)).toHaveLength(0)
    dies = false
    expect((await visit('old=a')).session.get('userId')).toBe(7)
    expect(await definition.subjects.list(7)).toHaveLength(1)
    expect(told.adopted.length).toBeLessThan(2)
  })
})

describe('options', () => {
  const { reader } = oldApp({})
  const until = new Date(clock() + day)
  it.each<[string, object, string]>([
    [
      'a session in its cookie',
      { store: cookieStore({ secrets: secret }), adopt: [{ reader, until }] },
      'does not go with cookieStore()',
    ],
    ['no secrets', { secrets: undefined, adopt: [{ reader, until }] }, 'needs `secrets`'],
    ['a time that is over', { adopt: [{ reader, until: new Date(clock() - 1) }] }, 'was over on'],
    ['a time without end', { adopt: [{ reader, until: new Date(clock() + 500 * day) }] }, '400 days'],
    ['no time', { adopt: [{ reader }] }, '`adopt[0].until`'],
    ['no reader', { adopt: [{ until }] }, '`adopt[0].reader`'],
    ['a reader alone', { adopt: [reader] }, '`adopt[0]'],
    ['another word', { adopt: [{ reader, until, old: 'delete' }] }, "'keep'"],
  ])('%s is refused', (_, options, message) => {
    const define = () => defineSession(schema, { clock, secrets: secret, ...options } as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})
