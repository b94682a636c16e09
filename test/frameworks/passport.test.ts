import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, cookieOf } from '../support/edge-app.js'
import { startApp } from './app.js'

describe('Passport and connect-flash over requestSession', () => {
  let app: App
  beforeAll(async () => {
    app = await startApp('passport')
  })
  afterAll(() => app.stop())
  const login = (cookie?: string, password = 'correct-horse') =>
    app.get('/login', cookie, { method: 'POST', body: new URLSearchParams({ username: 'ann', password }) })
  const me = async (cookie?: string) =>
    JSON.parse((await app.get('/me', cookie)).text) as { user: string; visits: number }

  it('a login has a new id, keeps what it is told to keep, and ends what the old id was good for', async () => {
    const before = cookieOf(await app.get('/plan'))
    const reply = await login(before)
    expect([reply.status, JSON.parse(reply.text)]).toEqual([200, { user: 'ann', returnTo: '/plan' }])
    const cookie = cookieOf(reply)
    expect(cookie).not.toBe(before)
    expect(await me(cookie)).toMatchObject({ user: 'ann' })
    expect(await me(before)).toMatchObject({ user: null })
    expect((await app.get('/sessions/ann')).text).toBe('1')
  })

  it('a logout ends the login under both ids', async () => {
    const cookie = cookieOf(await login())
    const reply = await app.get('/logout', cookie, { method: 'POST' })
    expect(reply.text).toBe('out')
    for (const id of [cookie, cookieOf(reply)]) expect(await me(id)).toMatchObject({ user: null })
  })

  it('a failed login leaves a message and a flash, the flash for one request', async () => {
    const reply = await login(undefined, 'guess')
    expect([reply.status, reply.headers.get('location')]).toEqual([302, '/fails'])
    const cookie = cookieOf(reply)
    expect(JSON.parse((await app.get('/messages', cookie)).text)).toEqual(['Wrong password'])
    expect(JSON.parse((await app.get('/flash', cookie)).text)).toEqual(['Wrong password'])
    expect(JSON.parse((await app.get('/flash', cookie)).text)).toEqual([])
  })

  it('assignments are stored with the response, and only the keys of the session are seen', async () => {
    const cookie = cookieOf(await app.get('/me'))
    expect(await me(cookie)).toMatchObject({ visits: 2, keys: ['visits'] })
  })

  it('cookie.maxAge, destroy, and a key that is not in the schema', async () => {
    expect((await app.get('/remember', cookieOf(await app.get('/me')))).cookies[0]).toContain('Max-Age=86400')
    const cookie = cookieOf(await app.get('/me'))
    const ended = await app.get('/destroy', cookie)
    expect([JSON.parse(ended.text), ended.cookies]).toEqual([{ session: null }, [expect.stringContaining('Max-Age=0')]])
    expect(await me(cookie)).toMatchObject({ visits: 1 })
    const unknown = await app.get('/unknown')
    expect([unknown.status, JSON.parse(unknown.text), unknown.cookies]).toEqual([
      500,
      { code: 'ERR_SESSION_UNKNOWN_KEY' },
      [],
    ])
  })
})
