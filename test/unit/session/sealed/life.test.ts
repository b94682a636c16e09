import { describe, expect, it } from 'vitest'
import { setUp } from './sealed-kit.js'

describe('a session in its cookie', () => {
  it('costs an anonymous visitor nothing, and keeps values type for type', async () => {
    const { client } = setUp()
    const first = await client.request((session) => session.get('theme'))
    expect(first.setCookies).toEqual([])
    const seenAt = new Date(5)
    const login = await client.request((session) => session.assign({ userId: 7, cart: ['a'], seenAt }))
    expect(login.setCookies).toHaveLength(1)
    expect(login.headers['cache-control']).toBe('no-store')
    const read = await client.request((session) => session.data)
    expect(read.value).toEqual({ userId: 7, theme: 'light', cart: ['a'], seenAt })
    expect(read.setCookies).toEqual([])
  })

  it('is written anew with each change, and not when nothing has changed', async () => {
    const { client } = setUp()
    await client.request((session) => session.set('userId', 7))
    const before = client.cookie
    expect((await client.request((session) => session.set('userId', 7))).setCookies).toEqual([])
    await client.request((session) => session.set('theme', 'dark'))
    expect(client.cookie).not.toBe(before)
    expect((await client.request((session) => session.data)).value).toMatchObject({ userId: 7, theme: 'dark' })
  })

  it('delivers a flash to the next response, and drops changes of one that failed', async () => {
    const { client } = setUp()
    await client.request((session) => session.flash.set('notice', 'Saved'))
    await client.request((session) => session.set('userId', 1), { status: 500 })
    const failed = await client.request((session) => session.flash.take('notice'), { status: 500 })
    expect(failed.value).toBe('Saved')
    expect((await client.request((session) => session.flash.take('notice'))).value).toBe('Saved')
    expect((await client.request((session) => session.flash.take('notice'))).value).toBeUndefined()
    expect((await client.request((session) => session.get('userId'))).value).toBeUndefined()
  })

  it('ends at the idle deadline, which its uses move, and at the absolute one, which none does', async () => {
    const { client, clock } = setUp({}, { idleTimeout: 600, maxAge: 3600 })
    await client.request((session) => session.set('userId', 7))
    for (let use = 0; use < 6; use++) {
      clock.advance(500)
      const { value } = await client.request((session) => session.get('userId'))
      expect(value).toBe(7)
    }
    clock.advance(599)
    expect((await client.request((session) => session.get('userId'))).value).toBe(7)
    clock.advance(1)
    expect((await client.request((session) => session.get('userId'))).value).toBeUndefined()
    const idle = setUp({}, { idleTimeout: 600 })
    await idle.client.request((session) => session.set('userId', 7))
    idle.clock.advance(600)
    expect((await idle.client.request((session) => session.get('userId'))).value).toBeUndefined()
  })

  it('gets another id with regenerate and rotate, keeps its clocks with the latter, and its cookie goes with destroy', async () => {
    const { client, clock } = setUp()
    await client.request((session) => session.set('userId', 7))
    const { value: first } = await client.request((session) => session.id)
    clock.advance(100)
    const { value: second } = await client.request(async (session) => {
      await session.regenerate()
      return session.id
    })
    expect(second).not.toBe(first)
    clock.advance(100)
    const { value: third } = await client.request(async (session) => {
      await session.rotate()
      return [session.id, session.age]
    })
    expect(third).toEqual([expect.not.stringMatching(second ?? ''), 100])
    expect((await client.request((session) => [session.get('userId'), session.id])).value).toEqual([7, third[0]])
    const logout = await client.request((session) => session.destroy())
    expect(logout.setCookies[0]).toMatch(/^session=;.*Max-Age=0/)
    expect(client.cookie).toBe('')
  })

  it('has Max-Age when it is remembered, and other attributes when it asks for them', async () => {
    const { client } = setUp()
    const { setCookies } = await client.request((session) => {
      session.set('userId', 7)
      session.remember(7 * 86_400)
    })
    expect(setCookies[0]).toContain('Max-Age=604800')
    const strict = await client.request((session) => session.setCookieOptions({ sameSite: 'strict' }))
    expect(strict.setCookies[0]).toContain('SameSite=Strict')
    expect((await client.request((session) => session.get('userId'))).value).toBe(7)
  })

  it('opens a fresh one beside one that was destroyed in the same request', async () => {
    const { client } = setUp()
    await client.request((session) => session.set('userId', 7))
    await client.request(async (session, reopen) => {
      await session.destroy()
      ;(await reopen()).flash.set('notice', 'Bye')
    })
    const { value } = await client.request(async (session) => [
      session.get('userId'),
      await session.flash.take('notice'),
    ])
    expect(value).toEqual([undefined, 'Bye'])
  })

  it('has no lock, which no other request could hear of, and says so', async () => {
    const { client } = setUp()
    await expect(client.request((_, reopen) => reopen({ lock: true }))).rejects.toMatchObject({
      code: 'ERR_SESSION_CONFIG',
    })
  })
})
