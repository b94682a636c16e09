import { describe, expect, it } from 'vitest'
import { createSessionCookie } from '../../../../src/session/transport/cookie.js'
import { setUp } from '../session-kit.js'

describe('prefixes, embedding and what goes with a logout', () => {
  it.each([
    { prefix: 'http', name: '__Http-session' },
    { prefix: 'host-http', name: '__Host-Http-session' },
  ] as const)('prefix $prefix makes $name, in production alone', ({ prefix, name }) => {
    expect(createSessionCookie('session', { prefix }, true).name).toBe(name)
    expect(createSessionCookie('session', { prefix }, false).name).toBe('session')
    for (const wrong of [{ httpOnly: false }, { secure: false }])
      expect(() => createSessionCookie('session', { prefix, ...wrong }, true)).toThrow(/needs/)
  })

  it('__Http- allows a domain and a path, __Host-Http- neither', () => {
    const own = { domain: 'example.com', path: '/app' }
    expect(createSessionCookie('session', { prefix: 'http', ...own }, true).set('x', undefined)).toContain('Path=/app')
    for (const each of [{ domain: 'example.com' }, { path: '/app' }])
      expect(() => createSessionCookie('session', { prefix: 'host-http', ...each }, true)).toThrow(/__Host-Http-/)
  })

  it('embed is SameSite=None, Partitioned and Secure, its removal too; in development none of it', () => {
    const cookie = createSessionCookie('session', { embed: true }, true)
    for (const line of [cookie.set('x', undefined), cookie.clear()])
      for (const part of ['__Host-session=', 'SameSite=None', 'Partitioned', 'Secure']) expect(line).toContain(part)
    const development = createSessionCookie('session', { embed: true }, false).set('x', undefined)
    expect(development).toBe('session=x; Path=/; HttpOnly; SameSite=Lax')
    expect(createSessionCookie('session', { embed: true, partitioned: false }, true).set('x', 1)).not.toContain('Part')
  })

  it.each([
    { clearSiteData: true, header: '"cache", "storage"' },
    { clearSiteData: ['cookies'], header: '"cookies"' },
    { clearSiteData: false, header: undefined },
    { clearSiteData: undefined, header: undefined },
  ])('clearSiteData $clearSiteData goes with destroy, and with nothing else', async ({ clearSiteData, header }) => {
    const { client } = setUp({ clearSiteData })
    const login = await client.request((session) => session.set('userId', 7))
    expect(login.headers['clear-site-data']).toBeUndefined()
    const logout = await client.request((session) => session.destroy())
    expect(logout.headers['clear-site-data']).toBe(header)
  })
})
