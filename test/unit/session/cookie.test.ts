import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../src/define.js'
import { createSessionCookie } from '../../../src/session/cookie.js'

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
    [{ domain: 'a.example' }, /__Host- prefix allows no `domain`/],
    [{ path: '/app' }, /only path/],
    [{ path: 'app', prefix: 'secure' }, /start with \//],
    [{ path: '/a; Domain=evil', prefix: 'secure' }, /semicolon/],
    [{ sameSite: 'none', secure: false }, /sameSite/],
    [{ partitioned: true, secure: false }, /partitioned/],
  ] as const)('M013 C-3 C-5 refuses %j at definition', (options, message) => {
    expect(() => createSessionCookie('session', options, true)).toThrow(message)
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
    [{ idLength: 8 }, /128 bits/],
    [{ codec: [] }, /`codec`/],
  ])('%j', (options, message) => {
    expect(() => defineSession(schema, options as never)).toThrow(message)
    expect(() => defineSession(schema, options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })

  it('opens no store before the first session is used, and calls a store function once', async () => {
    let opened = 0
    const { memoryStore } = await import('../../../src/stores/memory.js')
    const { createTestClient } = await import('../../../src/testing/test-client.js')
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
    const { memoryStore } = await import('../../../src/stores/memory.js')
    const weak = { ...memoryStore(), guarantees: { atomicUpdate: false, durable: true, shared: true, revocable: true } }
    const definition = defineSession(schema, { store: weak })
    for (const _ of ['first', 'second']) {
      await expect(definition.destroyById('x'.repeat(43))).rejects.toThrow(/compare and update/)
    }
  })
})
