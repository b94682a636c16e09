import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { createSessionCookie } from '../../../../src/session/transport/cookie.js'

describe('the session cookie (M054-M065, C-1 to C-14)', () => {
  it('G1 D6 K6 production default: __Host-, Secure, HttpOnly, Lax, Path=/, no Domain, no Max-Age', () => {
    const cookie = createSessionCookie('session', {}, true)
    expect(cookie.set('id', undefined)).toBe('__Host-session=id; Path=/; HttpOnly; Secure; SameSite=Lax')
    expect(createSessionCookie('session', { sameSite: 'strict' }, true).set('id', undefined)).toBe(
      '__Host-session=id; Path=/; HttpOnly; Secure; SameSite=Strict',
    )
  })

  it('production never reads the plain name, nor another case of its own', () => {
    const cookie = createSessionCookie('session', {}, true)
    expect(cookie.read('session=a; __host-session=b')).toEqual([])
    expect(cookie.read('session=a; __Host-session=b')).toEqual(['b'])
  })

  it('C-9 15.3.7 reads all values of its name, once each', () => {
    const cookie = createSessionCookie('session', { secure: false }, false)
    expect(cookie.read('session=a; x=y; session=b; session=a; session=c; session=d')).toEqual(['a', 'b', 'c', 'd'])
    expect(cookie.read('xsession=a; session2=b')).toEqual([])
    expect(cookie.read(undefined)).toEqual([])
  })

  it('C-7 never asks for more than 400 days', () => {
    expect(createSessionCookie('s', {}, true).set('id', 10 ** 9)).toContain(`Max-Age=${400 * 86_400};`)
  })

  it('CS-19 C-13 removal repeats the attributes', () => {
    const cookie = createSessionCookie(
      's',
      { prefix: 'secure', domain: 'a.example', path: '/app', partitioned: true, sameSite: 'none' },
      true,
    )
    expect(cookie.clear()).toBe(
      '__Secure-s=; Max-Age=0; Domain=a.example; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=None',
    )
  })

  it('M063 one session may have attributes of its own, also for the removal; what cannot be is left out', () => {
    const cookie = createSessionCookie('s', { prefix: 'secure' }, true)
    expect(cookie.set('id', 60, { sameSite: 'none', partitioned: true, domain: 'a.example', path: '/app' })).toBe(
      '__Secure-s=id; Max-Age=60; Domain=a.example; Path=/app; HttpOnly; Secure; Partitioned; SameSite=None',
    )
    expect(cookie.clear({ domain: 'a.example' })).toContain('Domain=a.example; Path=/;')
    // Stored before the definition got its prefix, or not by us.
    const strict = createSessionCookie('s', {}, true)
    for (const own of [{ domain: 'a.example' }, { path: 5 }, { sameSite: 'x' }, { domain: 'a; b' }, { domain: {} }])
      expect(strict.set('id', undefined, own as never)).toBe(strict.set('id', undefined))
    expect(() => strict.check({ domain: 'a.example' })).toThrow(/__Host- prefix allows no `domain`/)
    expect(() => strict.check({ sameSite: 'x' as 'lax' })).toThrow(/`sameSite` is/)
  })

  it.each([
    [{ name: 'a b' }, /invalid character/],
    [{ prefix: 'host', secure: false }, /needs `secure: true`/],
    [{ prefix: 'secure', secure: false }, /needs `secure: true`/],
    [{ domain: 'a.example', prefix: 'host' }, /__Host- prefix allows no `domain`/],
    [{ path: '/app', prefix: 'host' }, /only path/],
    [{ path: 'app' }, /start with \//],
    [{ path: '/a; Domain=evil' }, /semicolon/],
    [{ domain: 'a.example:3000' }, /without a port/],
    [{ name: '__Host-sid' }, /prefix/],
    [{ name: '__secure-sid', prefix: 'none' }, /prefix/],
    [{ sameSite: 'none', secure: false }, /sameSite/],
    [{ partitioned: true, secure: false }, /partitioned/],
  ] as const)('M013 C-3 C-5 refuses %j at definition, in development as in production', (options, message) => {
    for (const production of [true, false])
      expect(() => createSessionCookie('session', options, production)).toThrow(message)
  })

  const other = { sameSite: 'none', partitioned: true } as const
  it.each([
    [{}, '__Host-s=id; Path=/; HttpOnly; Secure; SameSite=Lax', 's=id; Path=/; HttpOnly; SameSite=Lax'],
    [
      { domain: 'a.example' },
      '__Secure-s=id; Domain=a.example; Path=/; HttpOnly; Secure; SameSite=Lax',
      's=id; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      { path: '/app', sameSite: 'strict' },
      '__Secure-s=id; Path=/app; HttpOnly; Secure; SameSite=Strict',
      's=id; Path=/app; HttpOnly; SameSite=Strict',
    ],
    [
      other,
      '__Host-s=id; Path=/; HttpOnly; Secure; Partitioned; SameSite=None',
      's=id; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      { ...other, prefix: 'secure', httpOnly: false },
      '__Secure-s=id; Path=/; Secure; Partitioned; SameSite=None',
      's=id; Path=/; SameSite=Lax',
    ],
    [{ prefix: 'none' }, 's=id; Path=/; HttpOnly; Secure; SameSite=Lax', 's=id; Path=/; HttpOnly; SameSite=Lax'],
  ] as const)('one literal works in production and in development: %j', (options, production, development) => {
    expect(createSessionCookie('s', options, true).set('id', undefined)).toBe(production)
    expect(createSessionCookie('s', options, false).set('id', undefined)).toBe(development)
    const removal = createSessionCookie('s', options, false).clear()
    expect(removal.replace(/Max-Age=0; |Expires=[^;]+; /g, '')).toBe(development.replace('id', ''))
  })

  it.each([true, false])('`secure: %s` holds in both modes, and nothing else is changed there', (secure) => {
    const options = { secure, domain: 'a.example', ...(secure ? other : {}) }
    const lines = [true, false].map((production) => createSessionCookie('s', options, production).set('id', undefined))
    expect(lines[0]).toBe(lines[1])
    expect(lines[0]).toContain('Domain=a.example')
    expect(lines[0]?.includes('; Secure')).toBe(secure)
    expect(lines[0]?.startsWith('__Secure-')).toBe(secure)
  })

  it('what one session has of its own is adapted in development, and refused as production would', () => {
    const cookie = createSessionCookie('s', {}, false)
    expect(cookie.set('id', undefined, other)).toBe('s=id; Path=/; HttpOnly; SameSite=Lax')
    expect(() => cookie.check({ domain: 'a.example' })).toThrow(/__Host- prefix allows no `domain`/)
    expect(() => cookie.check(other)).not.toThrow()
  })

  it.each([
    ['in quotes', '__Host-s="a"', ['a']],
    ['in quotes, with a signature', '__Host-s="a.sig-_"', ['a.sig-_']],
    ['in quotes and without', '__Host-s="a"; __Host-s=a; __Host-s="b"', ['a', 'b']],
    ['without a space between', 'x=1;__Host-s="a";y=2', ['a']],
    ['with spaces and tabs around', '  __Host-s =\t"a" ;y=2', ['a']],
    ['beside empty and nameless pairs', ';;=x; lone; __Host-s=a;', ['a']],
    ['half quoted, which is no quoting', '__Host-s="a; x="', ['"a']],
    ['a lone quote', '__Host-s="', ['"']],
    ['empty', '__Host-s=""', ['']],
  ])('RFC 6265 every legal spelling in a Cookie header is read: %s', (_, header, values) => {
    expect(createSessionCookie('s', {}, true).read(header)).toEqual(values)
  })
})

describe('options are checked at definition', () => {
  const schema = z.object({ a: z.string().optional() })
  it.each([
    [{ name: 'a b' }, /`name`/],
    [{ maxAge: 0 }, /`maxAge`.*400 days/],
    [{ maxAge: 401 * 86_400 }, /`maxAge`/],
    [{ idleTimeout: 1.5 }, /`idleTimeout`/],
    [{ touchAfter: -1 }, /`touchAfter`/],
    [{ storeTimeout: 0 }, /`storeTimeout`/],
    [{ storeTimeout: Number.MAX_SAFE_INTEGER }, /`storeTimeout`.*milliseconds/],
    [{ maxRecordBytes: 0 }, /`maxRecordBytes`/],
    [{ codec: [] }, /`codec`/],
  ])('%j', (options, message) => {
    expect(() => defineSession(schema, options as never)).toThrow(message)
    expect(() => defineSession(schema, options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })

  it('opens no store before the first session is used, and calls a store function once', async () => {
    let opened = 0
    const { memoryStore } = await import('../../../../src/stores/memory.js')
    const { createTestClient } = await import('../../../../src/testing/test-client.js')
    const definition = defineSession(schema, { store: () => (opened++, memoryStore()), cookie: { secure: false } })
    const client = createTestClient(definition)
    await client.request((s) => s.data)
    expect(opened).toBe(0)
    await client.request((s) => s.set('a', 'x'))
    await client.request((s) => s.set('a', 'y'))
    expect(opened).toBe(1)
    expect(Object.isFrozen(definition)).toBe(true)
  })

  it('refuses a store that cannot keep the promises', async () => {
    const { memoryStore } = await import('../../../../src/stores/memory.js')
    const weak = { ...memoryStore(), guarantees: { atomicUpdate: false, durable: true, shared: true, revocable: true } }
    const definition = defineSession(schema, { store: weak })
    for (const _ of ['first', 'second']) {
      await expect(definition.destroyById('x'.repeat(43))).rejects.toThrow(/compare and update/)
    }
  })
})
