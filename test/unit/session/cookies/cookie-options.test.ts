import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../../src/define.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ userId: z.number().optional() })

function setUp(options: Pick<SessionOptions, 'cookie' | 'idleTimeout' | 'transport'> = {}) {
  const clock = fakeClock()
  const definition = defineSession(schema, { cookie: { secure: true, prefix: 'secure' }, clock, ...options })
  return { client: createTestClient(definition), definition, clock }
}

const frame = { sameSite: 'none', partitioned: true } as const
const inFrame = '; Partitioned; SameSite=None'

describe('M063 cookie options of one session, at run time', () => {
  it('go out with the response, without another session noticing', async () => {
    const { client, definition } = setUp()
    const { setCookies } = await client.request((s) => {
      s.set('userId', 1)
      s.setCookieOptions({ ...frame, domain: 'tenant.example', path: '/shop' })
    })
    expect(setCookies[0]).toMatch(
      /; Domain=tenant\.example; Path=\/shop; HttpOnly; Secure; Partitioned; SameSite=None$/,
    )
    const other = await createTestClient(definition).request((s) => s.set('userId', 2))
    expect(other.setCookies[0]).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  })

  it('left undefined say nothing', async () => {
    const { client } = setUp()
    const { setCookies } = await client.request((session) => {
      session.set('userId', 1)
      session.setCookieOptions({ path: undefined, sameSite: 'strict' } as object)
    })
    expect(setCookies[0]).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  })

  it('of a stored session are sent when they change, and only then', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('userId', 1))
    const { cookie } = client
    const changed = await client.request((s) => s.setCookieOptions({ sameSite: 'strict' }))
    expect(changed.setCookies).toEqual([expect.stringMatching(/; SameSite=Strict$/)])
    expect(client.cookie).toBe(cookie)
    const again = await client.request((s) => {
      s.setCookieOptions({ sameSite: 'strict' })
      s.set('userId', 2)
    })
    expect(again.setCookies).toEqual([])
    const back = await client.request((s) => s.setCookieOptions({}))
    expect(back.setCookies).toEqual([expect.stringMatching(/; SameSite=Lax$/)])
  })

  it('are repeated by a new id, a renewal, and the removal', async () => {
    const { client, clock } = setUp({
      idleTimeout: 1000,
      cookie: { secure: true, prefix: 'secure', persistent: true },
    })
    await client.request((s) => (s.set('userId', 1), s.setCookieOptions(frame)))
    expect((await client.request((s) => s.regenerate())).setCookies[0]).toMatch(inFrame)
    expect((await client.request((s) => s.rotate())).setCookies[0]).toMatch(inFrame)
    clock.advance(500)
    const touched = await client.request((s) => s.get('userId'))
    expect(touched.setCookies).toEqual([expect.stringMatching(inFrame)])
    const { setCookies } = await client.request((s) => s.destroy())
    expect(setCookies).toEqual([expect.stringMatching(/=; Max-Age=0; .*; Partitioned; SameSite=None$/)])
  })

  it('survive clear(), end with the session, and are dropped with a failed response', async () => {
    const { client } = setUp()
    await client.request((s) => (s.set('userId', 1), s.setCookieOptions(frame)))
    await client.request((s) => s.clear())
    expect((await client.request((s) => s.regenerate())).setCookies[0]).toMatch(inFrame)
    await client.request((s) => s.destroy())
    expect((await client.request((s) => s.set('userId', 2))).setCookies[0]).not.toMatch(inFrame)
    const failed = await client.request((s) => s.setCookieOptions(frame), { status: 500 })
    expect(failed.setCookies).toEqual([])
  })

  it('are not lost to a parallel request', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('userId', 1))
    await client.request(async (s) => {
      s.set('userId', 2)
      await client.request((other) => other.setCookieOptions(frame))
    })
    expect((await client.request((s) => (expect(s.get('userId')).toBe(2), s.rotate()))).setCookies[0]).toMatch(inFrame)
  })

  it('that browsers would drop are refused, naming the remedy, and nothing changes', async () => {
    const { client } = setUp({ cookie: { secure: true } })
    await client.request((s) => {
      expect(() => s.setCookieOptions({ domain: 'a.example' })).toThrow(/__Host- prefix allows no `domain`/)
      expect(() => s.setCookieOptions({ sameSite: 'None' as 'none' })).toThrow(
        /`sameSite` of setCookieOptions\(\) is 'None'; it is 'lax', 'strict' or 'none'/,
      )
      expect(s.changed).toBe(false)
    })
    const { client: wide } = setUp()
    await wide.request((s) =>
      expect(() => s.setCookieOptions({ path: `/${'x'.repeat(300)}` })).toThrow(/at most 255 bytes/),
    )
    const { client: plain } = setUp({ cookie: { secure: false } })
    await plain.request((s) => expect(() => s.setCookieOptions({ sameSite: 'none' })).toThrow(/needs `secure: true`/))
  })

  it('reach a transport of the app with each id and with the end', async () => {
    const said: unknown[] = []
    const { client } = setUp({
      transport: {
        read: (request) => request.header('cookie')?.split('=')[1],
        write: (response, id, _created, { cookie }) => {
          response.setCookie('session', `session=${id}`)
          said.push(cookie)
        },
        clear: (_response, cookie) => void said.push(cookie),
      },
    })
    await client.request((s) => s.setCookieOptions(frame))
    await client.request((s) => s.set('userId', 1))
    said.length = 0
    await client.request((s) => s.setCookieOptions(frame))
    await client.request((s) => s.destroy())
    expect(said).toEqual([frame, frame])
  })

  it('remember(false) takes Max-Age off the cookie that the browser keeps', async () => {
    const { client } = setUp()
    await client.request((s) => (s.set('userId', 1), s.remember(1000)))
    const { setCookies } = await client.request((s) => s.remember(false))
    expect(setCookies).toHaveLength(1)
    expect(setCookies[0]).not.toContain('Max-Age')
  })
})
