import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { cookieSession } from '../../../src/adopt/cookie-session.js'
import { encodeGobSession } from '../../../src/adopt/gob/encode.js'
import { decodeGob } from '../../../src/adopt/gob.js'
import { type GorillaOptions, gorillaSessions } from '../../../src/adopt/gorilla.js'
import { ironSession } from '../../../src/adopt/iron-session.js'
import type { SessionReader } from '../../../src/session/transport/adopt-port.js'
import { toOldRequest } from '../../../src/session/transport/old-request.js'
import { buildGo } from '../../support/go.mjs'

const hash = '0123456789abcdef'.repeat(4)
const block = 'fedcba9876543210'.repeat(2)
const secret = 'a-secret-of-the-old-app-0123456789'
const values = {
  userId: 7,
  name: 'Ann Ö 🎉',
  admin: true,
  far: -(2 ** 53) + 1,
  half: 0.5,
  nobody: null,
  cart: ['pear', ''],
  ids: [1, -2],
  rates: [1, 0.25],
  flags: [true, false],
  none: [],
  lines: [{ sku: 'pear', qty: 2, tags: ['a'] }, 'x', null],
  more: { deep: { er: [[1], ['a']] }, empty: {} },
}
/** `share` was frozen at this time, which Go takes for long ago: its age is the test's. */
const now = 1_796_000_000_000
const times = { now, expiresAt: now + 3_600_000 }

async function write(reader: SessionReader, what: object = values, at = times): Promise<Record<string, string>> {
  return { ...(await reader.write?.(what as Record<string, unknown>, at)) }
}

async function read(reader: SessionReader, cookies: Record<string, string>, at = now) {
  const cookie = Object.entries(cookies)
    .map((pair) => pair.join('='))
    .join('; ')
  const found = await reader.find(toOldRequest({ header: () => cookie }, at))
  return found?.load()
}

const gorilla = (options: Partial<GorillaOptions> = {}) =>
  gorillaSessions({ name: 'app', keys: [{ hash }], ...options })

const writers: readonly (readonly [string, SessionReader, ends: number | undefined])[] = [
  ['gorilla, signed', gorilla(), 3600],
  ['gorilla, encrypted', gorilla({ keys: [{ hash, block }] }), 3600],
  ['gorilla, AES-128 and sha512', gorilla({ keys: [{ hash, block: block.slice(16) }], hashFunction: 'sha512' }), 3600],
  ['gorilla, JSON', gorilla({ serializer: 'json' }), 3600],
  ['gorilla, whose age is shorter', gorilla({ maxAge: 60 }), 60],
  ['gorilla, without an end', gorilla({ maxAge: 0 }), undefined],
  ['cookie-session', cookieSession({ keys: [secret, 'older'], name: 'old' }), undefined],
  ['iron-session', ironSession({ password: secret, cookieName: 'iron' }), 3600],
  ['iron-session, several', ironSession({ password: { 1: `${secret}1`, 2: secret }, cookieName: 'iron' }), 3600],
]

describe('what a reader writes it reads, and ends it with the session where its format can say so', () => {
  it.each(writers)('%s', async (_, reader, ends) => {
    const written = await write(reader)
    expect(Object.keys(written).filter((name) => !reader.cookies.includes(name))).toStrictEqual([])
    for (const text of Object.values(written)) expect(text).toMatch(/^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+$/)
    const found = await read(reader, written)
    const plain =
      found &&
      JSON.parse(
        JSON.stringify(found.values, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value)),
      )
    expect(plain).toStrictEqual(values)
    const end = found?.expiresAt
    if (ends === undefined) expect(end).toBeUndefined()
    else expect(Math.abs((end ?? 0) - now - ends * 1000)).toBeLessThanOrEqual(1000)
    if (ends !== undefined) expect(await read(reader, written, now + ends * 1000 + 62_000)).toBeUndefined()
  })

  it('a store of files, and values that are bytes, are not written', () => {
    expect(gorilla({ folder: '/nowhere' }).write).toBeUndefined()
    expect(gorilla({ serializer: 'nop' }).write).toBeUndefined()
  })
})

describe('gob', () => {
  it.each([0, 1, -1, 63, 64, -64, -65, 127, 128, 255, 256, 65_536, 2 ** 31, 2 ** 53 - 1, 0.1, -1e300, 5e-324])(
    'the number %d',
    (value) => expect(decodeGob(encodeGobSession({ value }))).toStrictEqual(new Map([['value', value]])),
  )
})

/** Frozen: what was written here, and Go (gorilla/securecookie 1.1.2, gorilla/sessions 1.4.0) has read. */
const samples = JSON.parse(readFileSync(new URL('./share-samples.json', import.meta.url), 'utf8')) as {
  readonly signed: string
  readonly json: string
  readonly asGo: readonly string[]
  readonly asGoJson: readonly string[]
  readonly 'cookie-session': Readonly<Record<string, string>>
}

describe('what the library has read before is written to the byte', () => {
  it('gorilla, gob', async () => expect((await write(gorilla()))['app']).toBe(samples.signed))
  it('gorilla, JSON', async () => expect((await write(gorilla({ serializer: 'json' })))['app']).toBe(samples.json))
  it('cookie-session', async () =>
    expect(await write(cookieSession({ keys: secret, name: 'old' }))).toStrictEqual(samples['cookie-session']))
})

// Where there is no Go the samples above stand for it.
describe.each([buildGo(new URL('./share-go/', import.meta.url)) ?? []].flat())('Go reads it', (go) => {
  afterAll(() => go.remove())
  const ask = (...questions: object[]) =>
    go.ask(questions.map((question) => ({ Name: 'app', Hash: hash, MaxAge: 0, ...question }))) as string[][]

  it('as gorilla/sessions and gorilla/securecookie, with its own types', async () => {
    const signed = await write(gorilla())
    const both = gorilla({ keys: [{ hash, block }, { hash: 'another' }] })
    const sha512 = await write(gorilla({ hashFunction: 'sha512' }))
    const json = await write(gorilla({ serializer: 'json' }))
    expect(
      ask(
        { Kind: 'store', Value: signed['app'] },
        { Kind: 'store', Value: (await write(both))['app'], Block: block },
        { Kind: 'sha512', Value: sha512['app'] },
        { Kind: 'json', Value: json['app'] },
      ),
    ).toStrictEqual([samples.asGo, samples.asGo, samples.asGo, samples.asGoJson])
  })

  it('until the session ends, by its own clock and age', async () => {
    const real = Date.now()
    const month = 2_592_000
    const lives = await write(gorilla(), { a: 1 }, { now: real, expiresAt: real + 60_000 })
    const over = await write(gorilla(), { a: 1 }, { now: real, expiresAt: real - 2000 })
    expect(
      ask({ Kind: 'store', Value: lives['app'], MaxAge: month }, { Kind: 'store', Value: over['app'], MaxAge: month }),
    ).toStrictEqual([['a: int 1'], ['error: securecookie: expired timestamp']])
  })

  it('and refuses it with another key, name or block key', async () => {
    const { app: Value } = await write(gorilla())
    const answers = ask(
      { Kind: 'store', Value, Hash: 'x' },
      { Kind: 'store', Value, Name: 'other' },
      { Kind: 'store', Value, Block: block },
    )
    for (const [answer] of answers) expect(answer).toMatch(/^error: /)
  })

  it('whatever the numbers are', async () => {
    const numbers = Array.from(
      { length: 200 },
      (_, at) => (at % 2 ? 1 : -1) * (at % 3 ? 2 ** (at % 53) + at : (at + 1) / 7),
    )
    const what = Object.fromEntries(numbers.map((number, at) => [`n${at}`, number]))
    const parts = Array.from({ length: 5 }, (_, at) =>
      Object.fromEntries(Object.entries(what).slice(at * 40, at * 40 + 40)),
    )
    const questions = await Promise.all(
      parts.map(async (part) => ({ Kind: 'store', Value: (await write(gorilla(), part))['app'] })),
    )
    const lines = ask(...questions).flat()
    const found = Object.fromEntries(lines.map((line) => line.split(/: \w+ /) as [string, string]))
    expect(Object.fromEntries(Object.entries(found).map(([key, text]) => [key, Number(text)]))).toStrictEqual(what)
  })
})
