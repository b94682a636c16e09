import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../src/define.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { countingStore } from '../../support/counting-store.js'
import { sizeOf } from '../../support/sessions-in.js'

const schema = z.object({
  userId: z.number().int().optional(),
  theme: z.enum(['light', 'dark']).default('light'),
  cart: z.array(z.object({ sku: z.string(), qty: z.number().int() })).default([]),
  seenAt: z.date().optional(),
  tags: z.set(z.string()).optional(),
})
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

function setUp(options: object = {}) {
  const clock = fakeClock()
  const { store, calls } = countingStore(memoryStore())
  const definition = defineSession(schema, { flash, store, clock, cookie: { secure: false }, ...options })
  return { clock, store, calls, definition, client: createTestClient(definition) }
}

describe('values (M032, M036)', () => {
  it('reads back what an earlier request wrote', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.set('userId', 7)
      s.set('seenAt', new Date(5))
      s.update('cart', (cart) => [...cart, { sku: 'A', qty: 1 }])
    })
    const { value } = await client.request((s) => s.data)
    expect(value).toEqual({ userId: 7, theme: 'light', cart: [{ sku: 'A', qty: 1 }], seenAt: new Date(5) })
  })

  it('a default is a view: has() is false, and setting the default stores it', async () => {
    const { client, store } = setUp()
    await client.request((s) => {
      expect(s.get('theme')).toBe('light')
      expect(s.has('theme')).toBe(false)
      s.set('theme', 'light')
      expect(s.has('theme')).toBe(true)
    })
    expect((store as ReturnType<typeof memoryStore>).size).toBe(1)
  })

  it('a function default is called once per request and stored with the first write', async () => {
    let calls = 0
    const definition = defineSession(
      z.object({ token: z.string().default(() => `t${++calls}`), n: z.number().optional() }),
      { cookie: { secure: false } },
    )
    const client = createTestClient(definition)
    await client.request((s) => expect(s.get('token')).toBe(s.get('token')))
    const { value: seen } = await client.request((s) => {
      s.set('n', 1)
      return s.get('token')
    })
    await client.request((s) => expect(s.get('token')).toBe(seen))
  })

  it('M040 what get returns cannot be used to change the session, and what was set is a copy', async () => {
    const { client } = setUp()
    const cart = [{ sku: 'A', qty: 1 }]
    const seenAt = new Date(1)
    await client.request((s) => {
      s.set('cart', cart)
      s.set('seenAt', seenAt)
      cart[0]!.qty = 99
      seenAt.setTime(99)
      expect(s.get('cart')[0]!.qty).toBe(1)
      expect(() => (s.get('cart') as unknown as { qty: number }[])[0]!.qty++).toThrow(TypeError)
      s.get('seenAt')!.setTime(50)
      expect(s.get('seenAt')).toEqual(new Date(1))
      s.set('tags', new Set(['a']))
      ;(s.get('tags') as Set<string>).add('b')
      expect(s.get('tags')).toEqual(new Set(['a']))
    })
    await client.request((s) => {
      expect(() => (s.get('cart') as unknown as unknown[]).push(1)).toThrow(TypeError)
      expect(Object.isFrozen(cart)).toBe(false)
    })
  })

  it('M038 an equal value changes nothing and nothing is written', async () => {
    const { client, calls } = setUp()
    await client.request((s) => s.set('cart', [{ sku: 'A', qty: 1 }]))
    calls.length = 0
    await client.request((s) => {
      s.set('cart', [{ sku: 'A', qty: 1 }])
      s.set('userId', 1)
      s.delete('userId')
      expect(s.changed).toBe(false)
    })
    expect(calls).toEqual(['read'])
  })

  it('mutate changes a copy in place; on an absent key it says so', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.mutate('cart', (cart) => void cart.push({ sku: 'B', qty: 2 }))
      expect(s.get('cart')).toEqual([{ sku: 'B', qty: 2 }])
      expect(() => s.mutate('seenAt', (d) => void d.setTime(1))).toThrow(/set\(\) first/)
    })
  })

  it('M031 clear empties data and flash and keeps the id', async () => {
    const { client } = setUp()
    const { value: id } = await client.request(async (s) => {
      s.set('userId', 1)
      s.flash.set('notice', 'n')
      await s.save()
      return s.id
    })
    await client.request((s) => s.clear())
    await client.request((s) => {
      expect(s.id).toBe(id)
      expect(s.isNew).toBe(false)
      expect(s.has('userId') || s.flash.has('notice')).toBe(false)
    })
  })

  it('an unknown key is an error that lists the known ones', async () => {
    const { client } = setUp()
    await client.request((s) => {
      // @ts-expect-error not a key of the schema
      expect(() => s.get('nope')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNKNOWN_KEY' }))
      // @ts-expect-error not a key of the schema
      expect(() => s.set('__proto__', 1)).toThrow(/Known keys: userId, theme/)
    })
  })
})

describe('validation on write', () => {
  it('names the key, what was expected and the shape of what came, never the value', async () => {
    const { client } = setUp()
    await client.request((s) => {
      // @ts-expect-error a string is no number
      const act = () => s.set('userId', 'secret-value')
      expect(act).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALIDATION',
          issues: [{ path: 'userId', expected: 'number', received: 'string of 12 characters' }],
        }),
      )
      expect(act).not.toThrow(/secret-value/)
      expect(() => s.set('cart', [{ sku: 'A', qty: 1.5 }])).toThrow(/cart\[0\]\.qty/)
      expect(s.has('userId')).toBe(false)
    })
  })

  it('runs cross-field refinements at commit', async () => {
    const ranged = z
      .object({ from: z.number().optional(), to: z.number().optional() })
      .refine((v) => v.from === undefined || v.to === undefined || v.from <= v.to, { path: ['to'] })
    const client = createTestClient(defineSession(ranged, { cookie: { secure: false } }))
    await client.request((s) => s.set('from', 5))
    await expect(client.request((s) => s.set('to', 1))).rejects.toMatchObject({
      code: 'ERR_SESSION_VALIDATION',
      issues: [{ path: 'to' }],
    })
    await client.request((s) => expect(s.has('to')).toBe(false))
  })
})

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
