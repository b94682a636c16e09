import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import type { memoryStore } from '../../../../src/stores/memory.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { setUp } from '../session-kit.js'

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
