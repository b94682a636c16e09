import { describe, expect, it } from 'vitest'
import type { memoryStore } from '../../../../src/stores/memory.js'
import { setUp } from '../session-kit.js'

describe('time', () => {
  it('M069 M070 ends after idleTimeout without use, whatever the store still holds', async () => {
    const { client, clock } = setUp({ idleTimeout: 100 })
    await client.request((s) => s.set('userId', 1))
    clock.advance(99)
    await client.request((s) => expect(s.get('userId')).toBe(1))
    clock.advance(99)
    await client.request((s) => expect(s.get('userId')).toBe(1))
    clock.advance(100)
    await client.request((s) => expect(s.get('userId')).toBeUndefined())
  })

  it('law 6 ends at maxAge however busy it is', async () => {
    const { client, clock } = setUp({ idleTimeout: 100, maxAge: 250 })
    await client.request((s) => s.set('userId', 1))
    for (const _ of [1, 2, 3, 4]) {
      clock.advance(60)
      await client.request((s) => expect(s.get('userId')).toBe(1))
    }
    clock.advance(9)
    await client.request((s) => expect(s.get('userId')).toBe(1))
    clock.advance(1)
    await client.request((s) => expect(s.isNew).toBe(true))
  })

  it('M071 a read touches only when the deadline has grown stale, without data', async () => {
    const { client, clock, calls } = setUp({ idleTimeout: 100, touchAfter: 10 })
    await client.request((s) => s.set('userId', 1))
    calls.length = 0
    clock.advance(9)
    await client.request((s) => s.get('userId'))
    clock.advance(1)
    await client.request((s) => s.get('userId'))
    expect(calls).toEqual(['read', 'read', 'touch'])
  })

  it('law 2 a request that outlives its session neither touches nor writes it', async () => {
    for (const write of [false, true]) {
      const { client, clock, calls, store } = setUp({ idleTimeout: 100, autoCollect: false })
      await client.request((s) => s.set('userId', 1))
      calls.length = 0
      await client.request((s) => {
        s.touch()
        if (write) s.set('userId', 2)
        clock.advance(100)
      })
      expect(calls).toEqual(write ? ['read', 'read'] : ['read'])
      await client.request((s) => expect(s.isNew).toBe(true))
      expect((store as ReturnType<typeof memoryStore>).size).toBe(1)
    }
  })

  it('D5 M063 remember sends Max-Age, and a touch sends it again', async () => {
    const { client, clock } = setUp({ idleTimeout: 100 })
    const first = await client.request((s) => {
      s.set('userId', 1)
      s.remember(604_800)
    })
    expect(first.setCookies[0]).toContain('Max-Age=604800')
    clock.advance(400_000)
    const later = await client.request((s) => expect(s.get('userId')).toBe(1))
    // The absolute deadline stands, so the cookie ends with it.
    expect(later.setCookies).toEqual([])
    clock.advance(204_800)
    await client.request((s) => expect(s.isNew).toBe(true))
  })

  it('M073 setExpiry moves both clocks', async () => {
    const { client, clock } = setUp()
    await client.request((s) => s.set('userId', 1))
    await client.request((s) => s.setExpiry(30))
    clock.advance(29)
    await client.request((s) => expect(s.get('userId')).toBe(1))
    clock.advance(1)
    await client.request((s) => expect(s.isNew).toBe(true))
    await expect(client.request((s) => s.setExpiry(401 * 86_400))).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })
})
