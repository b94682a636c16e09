import { describe, expect, it } from 'vitest'
import type { memoryStore } from '../../../../src/stores/memory.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { sizeOf } from '../../../support/sessions-in.js'
import { setUp } from '../session-kit.js'

describe('ids and life cycle', () => {
  it('law 5 D2 K1 an unknown id is never adopted', async () => {
    const { client, calls } = setUp()
    const forged = 'A'.repeat(43)
    const { setCookies } = await client.request((s) => s.set('userId', 1), { cookie: `session=${forged}` })
    expect(setCookies[0]).toMatch(/^session=[\w-]{43};/)
    expect(setCookies[0]).not.toContain(forged)
    expect(calls).toEqual(['read', 'create'])
  })

  it('law 5 malformed ids never reach the store', async () => {
    const { client, calls } = setUp()
    for (const id of [
      '',
      '*',
      '../x',
      'a'.repeat(42),
      'a'.repeat(44),
      'a'.repeat(99_999),
      'session:h1.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      '%00',
      'é'.repeat(43),
    ]) {
      await client.request((s) => expect(s.isNew).toBe(true), { cookie: `session=${id}` })
    }
    expect(calls).toEqual([])
  })

  it('of several cookies of one name the valid one is found, and at most three are tried', async () => {
    const { client, calls } = setUp()
    await client.request((s) => s.set('userId', 1))
    const real = client.cookie
    calls.length = 0
    const foreign = (c: string) => `session=${c.repeat(43)}`
    await client.request((s) => expect(s.get('userId')).toBe(1), {
      cookie: `${foreign('a')}; ${foreign('b')}; ${real}`,
    })
    await client.request((s) => expect(s.isNew).toBe(true), {
      cookie: `${foreign('a')}; ${foreign('b')}; ${foreign('c')}; ${real}`,
    })
    expect(calls).toEqual(['read', 'read', 'read', 'read', 'read', 'read'])
  })

  it('D1 M023 regenerate: new id, same data, old id dead before the call returns', async () => {
    const { client, definition } = setUp()
    await client.request((s) => s.set('userId', 1))
    const old = client.cookie
    await client.request(async (s) => {
      await s.regenerate()
      const thief = createTestClient(definition)
      thief.cookie = old
      await thief.request((other) => expect(other.isNew).toBe(true))
    })
    expect(client.cookie).not.toBe(old)
    await client.request((s) => expect(s.get('userId')).toBe(1))
  })

  it('J5 regenerate at 90 % of the absolute lifetime restarts both clocks; rotate does not', async () => {
    const { client, clock } = setUp({ maxAge: 1000, idleTimeout: 1000 })
    await client.request((s) => s.set('userId', 1))
    clock.advance(900)
    await client.request((s) => s.regenerate())
    clock.advance(900)
    await client.request((s) => {
      expect(s.get('userId')).toBe(1)
      return s.rotate()
    })
    clock.advance(100)
    await client.request((s) => expect(s.isNew).toBe(true))
  })

  it('regenerate({ keep }) keeps only those keys, stored or pending', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.set('userId', 1)
      s.set('theme', 'dark')
    })
    await client.request(async (s) => {
      s.set('cart', [{ sku: 'A', qty: 1 }])
      s.set('theme', 'light')
      await s.regenerate({ keep: ['theme'] })
    })
    await client.request((s) => expect(s.data).toEqual({ theme: 'light', cart: [] }))
  })

  it('J4 destroy, then a fresh session in the same request', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('userId', 1))
    const old = client.cookie
    const { setCookies } = await client.request(async (s, reopen) => {
      await s.destroy()
      expect(() => s.get('userId')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }))
      const fresh = await reopen()
      fresh.flash.set('notice', 'bye')
    })
    expect(setCookies).toHaveLength(1)
    expect(client.cookie).not.toBe(old)
    await client.request(async (s) => {
      expect(s.has('userId')).toBe(false)
      expect(await s.flash.take('notice')).toBe('bye')
    })
  })

  it('a regenerate that loses against a logout creates nothing; useSession again gives a fresh session', async () => {
    const { client, definition, store } = setUp()
    await client.request((s) => s.set('userId', 1))
    const other = Object.assign(createTestClient(definition), { cookie: client.cookie })
    await client.request(async (s, reopen) => {
      await other.request((o) => o.destroy())
      await expect(s.regenerate()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE', status: 409 })
      expect(await sizeOf(store as ReturnType<typeof memoryStore>)).toBe(0)
      const fresh = await reopen()
      expect(fresh.has('userId')).toBe(false)
      fresh.set('userId', 2)
    })
    await client.request((s) => expect(s.get('userId')).toBe(2))
  })

  it('a slow writer that finds its session gone leaves the cookie alone: the client may hold a newer one', async () => {
    const { client, definition } = setUp()
    await client.request((s) => s.set('userId', 1))
    const other = Object.assign(createTestClient(definition), { cookie: client.cookie })
    const { setCookies } = await client.request(async (s) => {
      await other.request((o) => o.regenerate())
      s.set('theme', 'dark')
    })
    expect(setCookies).toEqual([])
    const late = Object.assign(createTestClient(definition), { cookie: other.cookie })
    await expect(
      late.request(async (s) => {
        await other.request((o) => o.destroy())
        s.set('theme', 'dark')
        await s.save()
      }),
    ).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
  })

  it('M026 destroy removes the record at once and the cookie with its attributes', async () => {
    const { client, store } = setUp()
    await client.request((s) => s.set('userId', 1))
    const { setCookies } = await client.request((s) => s.destroy(), { status: 500 })
    expect((store as ReturnType<typeof memoryStore>).size).toBe(0)
    expect(setCookies[0]).toMatch(/^session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970.*HttpOnly/)
  })

  it('M027 destroyById ends it from anywhere and is safe for anything', async () => {
    const { client, definition } = setUp()
    const { value: id } = await client.request(async (s) => {
      s.set('userId', 1)
      await s.save()
      return s.id
    })
    expect(await definition.destroyById('*')).toBe(false)
    expect(await definition.destroyById('x'.repeat(43))).toBe(false)
    expect(await definition.destroyById(id!)).toBe(true)
    await client.request((s) => expect(s.isNew).toBe(true))
  })
})
