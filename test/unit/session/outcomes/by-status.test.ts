import { describe, expect, it } from 'vitest'
import { setUp } from '../session-kit.js'

describe('commit by status', () => {
  it('a 5xx drops what is deferred and keeps what was immediate', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('userId', 1))
    const before = client.cookie
    await client.request(
      async (s) => {
        s.set('theme', 'dark')
        await s.regenerate()
      },
      { status: 500 },
    )
    expect(client.cookie).not.toBe(before)
    await client.request((s) => expect(s.data).toEqual({ userId: 1, theme: 'light', cart: [] }))
  })

  it('a change made while save() is under way is not lost', async () => {
    const { client } = setUp()
    for (const first of [true, false]) {
      await client.request(async (s) => {
        s.set('theme', first ? 'dark' : 'light')
        const saving = s.save()
        await Promise.resolve()
        s.set('userId', first ? 1 : 2)
        await saving
        expect(s.get('userId')).toBe(first ? 1 : 2)
      })
      await client.request((s) => expect(s.get('userId')).toBe(first ? 1 : 2))
    }
  })

  it('a 5xx keeps what save() has stored, and nothing that came after it', async () => {
    const { client } = setUp()
    await client.request(
      async (s) => {
        s.set('userId', 1)
        await s.save()
        s.set('theme', 'dark')
      },
      { status: 503 },
    )
    await client.request((s) => expect([s.get('userId'), s.get('theme')]).toEqual([1, 'light']))
  })

  it('J13 a write after the headers have left is an error that names the key', async () => {
    const { client } = setUp()
    const { value: session } = await client.request((s) => s)
    expect(() => session.set('userId', 1)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_HEADERS_SENT', message: expect.stringContaining("set('userId')") }),
    )
    expect(session.get('theme')).toBe('light')
  })

  it('J7 an anonymous read costs no store call and no cookie', async () => {
    const { client, calls } = setUp()
    const { setCookies } = await client.request((s) => s.data)
    expect(setCookies).toEqual([])
    expect(calls).toEqual([])
  })
})
