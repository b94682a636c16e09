import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

class Money {
  constructor(public cents: number) {}
}
const money = z.codec(z.number(), z.instanceof(Money), { decode: (cents) => new Money(cents), encode: (m) => m.cents })

describe('a value that a z.codec makes', () => {
  const schema = z.object({ price: money.optional(), start: money.default(new Money(0)) })

  async function paid() {
    const client = createTestClient(defineSession(schema, { store: memoryStore(), flash: z.object({ refund: money }) }))
    await client.request((session) => {
      session.set('price', new Money(1))
      session.flash.set('refund', new Money(1))
    })
    return client
  }

  it('J8 is handed out as a copy, though its class is not registered', async () => {
    const client = await paid()
    await client.request((session) => {
      const seen = [session.get('price'), session.data.price, session.get('start'), session.flash.peek('refund')]
      for (const one of seen) (one as Money).cents = 99
      expect(session.get('price')).toEqual(new Money(1))
      expect(session.get('start')).toEqual(new Money(0))
      expect(session.flash.peek('refund')).toEqual(new Money(1))
    })
  })

  it('stays as it was when a mutate throws', async () => {
    const client = await paid()
    await client.request((session) => {
      const half = () =>
        session.mutate('price', (draft) => {
          draft.cents = 99
          throw new Error('not today')
        })
      expect(half).toThrow('not today')
      expect([session.get('price'), session.changed]).toEqual([new Money(1), false])
    })
  })

  it('that is an object of the app leaves it as it is', async () => {
    const plans = { free: { limits: [1] } }
    const plan = z.codec(z.literal('free'), z.custom<{ limits: number[] }>(), {
      decode: (name) => plans[name],
      encode: () => 'free' as const,
    })
    const client = createTestClient(defineSession(z.object({ plan: plan.optional() }), { store: memoryStore() }))
    await client.request((session) => session.set('plan', plans.free))
    expect((await client.request((session) => session.get('plan'))).value).toEqual({ limits: [1] })
    expect([Object.isFrozen(plans.free), Object.isFrozen(plans.free.limits)]).toEqual([false, false])
  })
})

describe('a default', () => {
  const moments = {
    milliseconds: z.number().default(() => Date.now()),
    'some years ahead': z.date().default(() => new Date(Date.now() + 5 * 365 * 86_400_000)),
    'a text': z.string().default(() => new Date().toISOString()),
    'a Date inside': z.object({ at: z.date() }).default(() => ({ at: new Date() })),
  }

  it.each(Object.entries(moments))('of the clock is stored with the first write: %s', async (_form, seen) => {
    const schema = z.object({ seen, n: z.number().default(0) }) as z.ZodObject<{ n: z.ZodDefault<z.ZodNumber> }>
    const client = createTestClient(defineSession(schema, { store: memoryStore() }))
    const { value } = await client.request((session) => {
      session.set('n', 1)
      return session.data
    })
    await new Promise((resolve) => setTimeout(resolve, 2))
    expect((await client.request((session) => [session.has('seen' as 'n'), session.data])).value).toEqual([true, value])
  })

  it('is known for a function as soon as it has given something else', async () => {
    let theme = 'light'
    const schema = z.object({ theme: z.string().default(() => theme), n: z.number().default(0) })
    const client = createTestClient(defineSession(schema, { store: memoryStore() }))
    const hasTheme = async (n: number) =>
      (
        await client.request(async (session) => {
          session.get('theme')
          session.set('n', n)
          await session.save()
          return session.has('theme')
        })
      ).value
    expect(await hasTheme(1)).toBe(false)
    theme = 'dark'
    expect(await hasTheme(2)).toBe(true)
  })

  it('that is an object of the app leaves it as it is', async () => {
    const shared = { list: ['a'] }
    const prefs = z.object({ list: z.array(z.string()) })
    const schema = z.object({
      constant: prefs.default(shared),
      made: prefs.default(() => shared),
      outer: z.object({ inner: prefs.default(() => shared) }).optional(),
    })
    const store = memoryStore()
    const client = createTestClient(defineSession(z.object({ outer: z.object({}).optional() }), { store }))
    await client.request((session) => session.set('outer', {}))
    const { cookie } = client
    const { value } = await createTestClient(defineSession(schema, { store })).request((session) => session.data, {
      cookie,
    })
    expect(value).toEqual({ constant: shared, made: shared, outer: { inner: shared } })
    expect([Object.isFrozen(shared), Object.isFrozen(shared.list)]).toEqual([false, false])
  })
})
