import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { decodeGob } from '../../../src/adopt/gob.js'
import { type SecureCookieOptions, secureCookieReader } from '../../../src/adopt/securecookie.js'
import { generateSecret } from '../../../src/core/keyring.js'
import { defineSession } from '../../../src/index.js'
import samples from './securecookie-samples.json' with { type: 'json' }

const hash = '0123456789abcdef'.repeat(4)
const block = 'fedcba9876543210'.repeat(2)
const writtenAt = 1000 * Number(Buffer.from(samples.signed, 'base64url').toString('latin1').split('|')[0])
const clock = () => writtenAt
const reader = (options: Partial<SecureCookieOptions> = {}) =>
  secureCookieReader({ keys: [{ hash }], clock, ...options })

describe('secureCookieReader reads what gorilla/securecookie writes', () => {
  const user = new Map([['userId', 7]])
  const both = { keys: [{ hash, block }] }
  it.each<[name: keyof typeof samples, options: Partial<SecureCookieOptions>, value: unknown]>([
    ['signed', {}, user],
    ['encrypted', both, user],
    ['aes-128', { keys: [{ hash, block: block.slice(0, 16) }] }, 'text'],
    ['json', { ...both, serializer: 'json' }, { a: [1] }],
    ['nop', { serializer: 'nop' }, Uint8Array.of(0, 1, 255)],
    ['sha512', { hashFunction: 'sha512' }, 'text'],
    ['older key', { keys: [{ hash }, { hash: Buffer.from('another-hash-key-of-thirty-two-b') }] }, 'text'],
  ])('%s', (name, options, value) => {
    expect(reader(options).decode('session', samples[name])).toStrictEqual({ value, writtenAt: expect.any(Number) })
  })

  it('M106 and what an app signs with another hash function, while sessions of our own have one seal that nobody can weaken', () => {
    expect(reader({ hashFunction: 'sha512' }).decode('session', samples.sha512)?.value).toBe('text')
    expect(reader().decode('session', samples.sha512)).toBeUndefined()
    const weaker = { secrets: generateSecret(), encrypt: { cipher: 'aes-128-ecb' } }
    expect(() => defineSession(z.object({}), weaker as never)).toThrow('`encrypt.cipher`')
  })

  it('and what gorilla/sessions writes: a cookie store, a cookie that names a file, and the file', () => {
    const session = new Map<string, unknown>([
      ['userId', 7],
      ['cart', ['pear']],
      ['_flash', ['Welcome']],
    ])
    const old = reader(both)
    expect(old.decode('app', samples.CookieStore)?.value).toStrictEqual(session)
    const id = old.decode('app', samples['FilesystemStore cookie'])?.value
    expect(`session_${id}`).toBe(samples['FilesystemStore file name'])
    expect(old.decode('app', samples['FilesystemStore file'])?.value).toStrictEqual(session)
  })

  it('and what scs writes into its stores, which is gob alone', () => {
    const stored = decodeGob(Buffer.from(samples.scs, 'base64'))
    expect(stored).toStrictEqual({
      Deadline: new Date('2026-12-01T12:00:00Z'),
      Values: new Map<string, unknown>([
        ['userId', 7],
        ['name', 'Ann'],
      ]),
    })
  })
})

describe('what these keys have not signed is nothing', () => {
  it.each<[string, Partial<SecureCookieOptions>, string, string]>([
    ['another key', {}, 'session', samples['older key']],
    ['another name', {}, 'session', samples['other name']],
    ['the name in another place', {}, 'session|1', samples.signed],
    ['another hash function', { hashFunction: 'sha256' }, 'session', samples.sha512],
    ['no cookie at all', {}, 'session', ''],
    ['another text', {}, 'session', 'hello'],
  ])('%s', (_, options, name, text) => {
    expect(reader(options).decode(name, text)).toBeUndefined()
  })

  it('nor is a cookie that was changed in any byte, or cut short', () => {
    const signed = Buffer.from(samples.signed, 'base64url')
    for (let at = 0; at < signed.length; at++) {
      const changed = Buffer.from(signed)
      changed[at] = (changed[at] as number) ^ 1
      expect(reader().decode('session', changed.toString('base64url'))).toBeUndefined()
      expect(reader().decode('session', signed.subarray(0, at).toString('base64url'))).toBeUndefined()
    }
  })

  it('nor is any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
        expect(reader().decode('session', text)).toBeUndefined()
      }),
    )
  })
})

describe('age', () => {
  it.each([
    [{}, 2_592_000_000, true],
    [{}, 2_592_001_000, false],
    [{ maxAge: 60 }, 60_000, true],
    [{ maxAge: 60 }, 61_000, false],
    [{ maxAge: 0 }, 1e12, true],
  ])('%o after %d ms: read is %s', (options, later, isRead) => {
    const old = reader({ ...options, clock: () => writtenAt + later })
    expect(old.decode('session', samples.signed) !== undefined).toBe(isRead)
  })
})

describe('what is signed and cannot be read is said, without what it holds', () => {
  const signed = (value: string) => {
    const date = writtenAt / 1000
    const mac = createHmac('sha256', hash).update(`session|${date}|${value}`).digest()
    return Buffer.concat([Buffer.from(`${date}|${value}|`), mac]).toString('base64url')
  }
  it.each<[string, Partial<SecureCookieOptions>, string, string]>([
    ['encrypted, read without a block key', {}, samples.encrypted, 'not a gob stream'],
    ['not encrypted, read with one', { keys: [{ hash, block }] }, signed('c2hvcnQ='), 'leave `block` out'],
    ['gob, read as JSON', { serializer: 'json' }, samples.signed, 'not JSON'],
  ])('%s', (_, options, text, message) => {
    const refused = () => reader(options).decode('session', text)
    expect(refused).toThrow(message)
    expect(refused).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNREADABLE' }))
  })
})

describe('options', () => {
  it.each([
    [{}, '`keys`'],
    [{ keys: [] }, 'at least one'],
    [{ keys: [{ hash: '' }] }, '`keys[0].hash`'],
    [{ keys: [{ block }] }, '`keys[0].hash`'],
    [{ keys: [{ hash, block: 'short' }] }, '16, 24 or 32 bytes'],
    [{ keys: [{ hash }], maxAge: -1 }, 'seconds, 0 or more'],
    [{ hashKey: hash }, 'keys'],
  ])('%j is refused', (options, message) => {
    expect(() => secureCookieReader(options as never)).toThrow(message)
    expect(() => secureCookieReader(options as never)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })
})
