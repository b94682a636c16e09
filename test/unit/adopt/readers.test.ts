import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { authJs } from '../../../src/adopt/auth-js.js'
import { cookieSession } from '../../../src/adopt/cookie-session.js'
import { expressSession } from '../../../src/adopt/express-session.js'
import { fastifySecureSession } from '../../../src/adopt/fastify-secure-session.js'
import { fastifySession } from '../../../src/adopt/fastify-session.js'
import { h3Session } from '../../../src/adopt/h3-session.js'
import { ironSession } from '../../../src/adopt/iron-session.js'
import { nuxtAuthUtils } from '../../../src/adopt/nuxt-auth-utils.js'
import type { OldRequest, SessionReader } from '../../../src/session/transport/adopt-port.js'
import { toOldRequest } from '../../../src/session/transport/old-request.js'

/** Written by the libraries themselves: test/movein/write-samples.mjs. */
const samples = JSON.parse(readFileSync(new URL('./reader-samples.json', import.meta.url), 'utf8')) as Record<
  string,
  string
> & { readonly values: object; readonly records: Readonly<Record<string, string>>; readonly writtenAt: number }
const { secret = '', older = '', records, writtenAt } = samples

const store = { read: async (id: string) => records[id], end: async () => undefined }
const key = Buffer.from('0123456789abcdef0123456789abcdef')
const token = '3f1d8a52-6b0c-4e8e-9d58-0f1f4a1b2c3d'
const adapter = {
  getSessionAndUser: async (sent: string) =>
    sent === token
      ? { session: { sessionToken: token, userId: 'u7', expires: new Date(writtenAt + 60_000) }, user: { id: 'u7' } }
      : null,
}

const express = expressSession({ secret, store })
const iron = ironSession({ password: secret, cookieName: 'iron' })
const h3 = h3Session({ password: secret })
const fastify = fastifySession({ secret, store })
const plain = samples.values
const long = { ...plain, text: 'x'.repeat(5000) }
const nuxt = { user: { id: 7, name: 'Ann Ö' }, secure: { token: 't' }, loggedInAt: 1 }
const auth = { userId: 'u7', user: { id: 'u7' } }

/** Sample, reader, values, seconds until it has ended (undefined for never), and how many bytes to go on to the next that is flipped. */
type Row = readonly [sample: string, SessionReader, values: object, ends: number | undefined, step: number]
const rows: readonly Row[] = [
  ['express-session', express, plain, undefined, 1],
  ['express-session, older secret', expressSession({ secret: [secret, older], store }), plain, undefined, 1],
  ['express-session, an end', express, plain, 86_402, 1],
  ['express-session, a name', expressSession({ secret: Buffer.from(secret), store, name: 'sid' }), plain, undefined, 1],
  ['iron-session 8', iron, plain, 14 * 86_400 + 62, 1],
  ['iron-session 8, without end', iron, plain, undefined, 1],
  ['iron-session 9', iron, plain, 14 * 86_400 + 62, 1],
  [
    'iron-session 9, passwords',
    ironSession({ password: { 1: older, 2: secret }, cookieName: 'iron' }),
    plain,
    14 * 86_400 + 62,
    1,
  ],
  ['iron-session 9, in chunks', iron, long, 14 * 86_400 + 62, 97],
  ['h3 1', h3, plain, undefined, 7],
  ['h3 1, an end', h3Session({ password: secret, name: 'sid', maxAge: 3600 }), plain, 3662, 97],
  ['h3 2', h3, plain, undefined, 3],
  ['h3 2, ends', h3Session({ password: secret, maxAge: 7200, idleTimeout: 600 }), plain, 602, 97],
  ['h3 2, in chunks', h3, long, undefined, 997],
  ['nuxt-auth-utils', nuxtAuthUtils({ password: secret }), nuxt, undefined, 97],
  ['@fastify/session', fastify, plain, 86_402, 1],
  [
    '@fastify/session, a prefix',
    fastifySession({ secret, store, cookieName: 'connect.sid', cookiePrefix: 's:' }),
    plain,
    undefined,
    1,
  ],
  ['@fastify/secure-session', fastifySecureSession({ key }), plain, 86_403, 1],
  [
    '@fastify/secure-session, signed too',
    fastifySecureSession({ key: [Buffer.alloc(32), key.toString('base64')], cookieName: 'sid' }),
    plain,
    86_403,
    1,
  ],
  ['cookie-session', cookieSession({ keys: secret }), plain, undefined, 1],
  ['cookie-session, a name', cookieSession({ keys: [secret, older], name: 'app' }), plain, undefined, 1],
  ['auth.js', authJs({ adapter }), auth, 61, 1],
]
samples['auth.js'] = `__Secure-authjs.session-token=${token}`

/** The samples took some seconds to write. */
const SLACK = 30

const headerOf = (cookie: string) => ({
  header: (name: string) => (name.toLowerCase() === 'cookie' ? cookie : undefined),
})
const requestOf = (cookie: string, now = writtenAt) => toOldRequest(headerOf(cookie), now)

async function read(reader: SessionReader, request: OldRequest) {
  const found = await reader.find(request)
  const contents = await found?.load()
  return found && contents && { id: found.id, values: contents.values, expiresAt: contents.expiresAt }
}

describe('what the library has written is read', () => {
  it.each(rows)('%s', async (sample, reader, values, ends) => {
    const found = await read(reader, requestOf(`theme=dark; ${samples[sample]}; other="x"`))
    expect(found?.values).toStrictEqual(values)
    if (sample.startsWith('cookie-session')) expect(found?.id).toBeUndefined()
    else expect(found?.id?.length).toBeGreaterThan(15)
    if (ends === undefined) expect(found?.expiresAt).toBeUndefined()
    else expect(found?.expiresAt).toBeLessThan(writtenAt + (ends + SLACK) * 1000)
    const again = await read(reader, requestOf(samples[sample] ?? ''))
    expect(again?.id).toBe(found?.id)
  })

  it('of which no two are one session, though all have the same values', async () => {
    const named = rows.filter(([sample]) => !sample.startsWith('cookie-session'))
    const ids = await Promise.all(
      named.map(async ([sample, reader]) => (await read(reader, requestOf(samples[sample] ?? '')))?.id),
    )
    expect(new Set(ids).size).toBe(named.length)
  })

  it('cookie-session by what names it among its values, which its cookie does not', async () => {
    const reader = cookieSession({ keys: secret, id: ({ name }) => String(name) })
    expect((await read(reader, requestOf(samples['cookie-session'] ?? '')))?.id).toBe('Ann Ö')
  })

  it('among several cookies of one name, also behind forged ones', async () => {
    const [, value = ''] = (samples['express-session'] ?? '').split('=')
    const found = await read(express, requestOf(`connect.sid=s%3Aforged.x; connect.sid=%; connect.sid=${value}`))
    expect(found?.values).toStrictEqual(plain)
  })
})

describe('what has expired is nothing', () => {
  it.each(rows.filter(([, , , ends]) => ends !== undefined))('%s', async (sample, reader, _, ends = 0) => {
    const cookie = samples[sample] ?? ''
    expect(await read(reader, requestOf(cookie, writtenAt + (ends + SLACK) * 1000))).toBeUndefined()
  })
})

describe('what was changed is nothing, or the very same session', () => {
  /** The cookies of a request, one of which has another text. */
  const changed = (cookies: ReadonlyMap<string, string>, name: string, text: string): OldRequest => ({
    now: writtenAt,
    header: () => undefined,
    cookie: (asked) => (asked === name ? [text] : [cookies.get(asked) ?? []].flat()),
  })

  it.each(rows)('%s: any byte flipped, and cut short anywhere', async (sample, reader, _values, _ends, step) => {
    const cookies = new Map(
      (samples[sample] ?? '').split('; ').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    )
    const before = await read(reader, requestOf(samples[sample] ?? ''))
    let refused = 0
    for (const [name, text] of cookies) {
      for (let at = 0; at < text.length; at += step) {
        const flipped = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
        for (const other of [flipped, text.slice(0, at)]) {
          const found = await read(reader, changed(cookies, name, other))
          if (found) expect(found).toStrictEqual(before)
          else refused++
        }
      }
    }
    expect(refused).toBeGreaterThan(8)
  })

  it.each(rows)(
    '%s: no cookie, an empty one, a foreign one, any garbage, one that is too long',
    async (sample, reader) => {
      const names = (samples[sample] ?? '').split('; ').map((line) => line.split('=')[0] ?? '')
      const texts = [
        '',
        '"',
        '%',
        '%E0%A4%A',
        '\0',
        's:',
        's:.',
        '.',
        ';',
        'é',
        'Fe26.2*',
        'Fe26.2*1*0*0*0*0*0*0',
        '__chunked__99',
        '__chunked__-1',
        '__chunked__1e9',
        '=====',
        '*'.repeat(8),
        'x'.repeat(70_000),
        `${samples[sample]}${'x'.repeat(70_000)}`,
      ]
      for (const text of texts)
        expect(
          await read(reader, {
            now: writtenAt,
            header: () => undefined,
            cookie: (name) => (names.includes(name) ? [text] : []),
          }),
        ).toBeUndefined()
      expect(await read(reader, requestOf(''))).toBeUndefined()
    },
  )

  it.each<[string, SessionReader]>([
    ['express-session', expressSession({ secret: older, store })],
    ['iron-session 8', ironSession({ password: older, cookieName: 'iron' })],
    ['iron-session 9, passwords', ironSession({ password: { 1: older }, cookieName: 'iron' })],
    ['h3 2', h3Session({ password: older })],
    ['@fastify/session', fastifySession({ secret: older, store })],
    ['@fastify/secure-session', fastifySecureSession({ key: Buffer.alloc(32) })],
    ['cookie-session', cookieSession({ keys: older })],
  ])('%s: with another key', async (sample, reader) => {
    expect(await reader.find(requestOf(samples[sample] ?? ''))).toBeUndefined()
  })
})

describe('records', () => {
  const withStore = (record: unknown) =>
    expressSession({ secret, store: { read: async () => record, end: async () => undefined } })
  const load = async (record: unknown) =>
    (await withStore(record).find(requestOf(samples['express-session'] ?? '')))?.load()

  it.each([undefined, null, '{"cookie":{"expires":"2020-01-01T00:00:00Z"},"a":1}'])(
    '%j is no session',
    async (record) => {
      expect(await load(record)).toBeUndefined()
    },
  )

  it.each(['', '{', '[]', '7', '"x"', 'null', 7, [], '['.repeat(100_000)])(
    '%.20j is a stated failure',
    async (record) => {
      await expect(load(record)).rejects.toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' }))
    },
  )

  it('no value of theirs is a prototype, nor the cookie of the record', async () => {
    const found = await load('{"cookie":{},"__proto__":{"admin":true},"a":{"__proto__":{"admin":true},"b":1}}')
    expect(found?.values).toStrictEqual({ a: { b: 1 } })
  })

  it.each([
    ['a callback', { get: (_: string, done: (error: unknown, found?: unknown) => void) => done(null, { a: 1 }) }],
    [
      'a promise beside it',
      {
        get: (_: string, done: (error: unknown, found?: unknown) => void): unknown =>
          Promise.resolve(done(undefined, { a: 1 })),
      },
    ],
  ])('a store of theirs that has %s is read', async (_, { get }) => {
    const reader = expressSession({ secret, store: { get, destroy: () => undefined } })
    const found = await reader.find(requestOf(samples['express-session'] ?? ''))
    expect((await found?.load())?.values).toStrictEqual({ a: 1 })
  })

  it.each([
    ['says so', (_: string, done: (error: unknown) => void) => done(new Error('down'))],
    ['says it in another way', (_: string, done: (error: unknown) => void) => done('down')],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('down')
      },
    ],
  ])('a store of theirs that fails and %s is a failure', async (_, get) => {
    const reader = expressSession({ secret, store: { get, destroy: () => undefined } })
    const found = await reader.find(requestOf(samples['express-session'] ?? ''))
    await expect(async () => found?.load()).rejects.toBeInstanceOf(Error)
  })
})

describe('options', () => {
  it.each<[string, () => unknown, string]>([
    ['no secret', () => expressSession({ store } as never), '`secret`'],
    ['an empty secret', () => expressSession({ secret: ['', secret], store }), '`secret`'],
    ['no store', () => expressSession({ secret } as never), '`store`'],
    ['half a store', () => expressSession({ secret, store: { get() {} } as never }), '`store`'],
    ['another name', () => expressSession({ secret, store, cookieName: 'x' } as never), 'it is `name`'],
    ['a short password', () => ironSession({ password: 'short', cookieName: 'x' }), '32 characters'],
    ['no cookie name', () => ironSession({ password: secret } as never), '`cookieName`'],
    ['h3 in words of iron-session', () => h3Session({ password: secret, cookieName: 'x' } as never), 'it is `name`'],
    ['a short key', () => fastifySecureSession({ key: 'short' }), '32 bytes'],
    ['a secret for a key', () => fastifySecureSession({ secret } as never), 'crypto_pwhash'],
    ['no keys', () => cookieSession({ keys: [] }), '`keys`'],
    ['no adapter', () => authJs({ adapter: {} }), 'an adapter'],
  ])('%s is refused', (_, make, message) => {
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})
