import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

describe('nested keys that only newer code knows', () => {
  const older = z.object({ cart: z.array(z.object({ sku: z.string() })).default([]) })
  const newer = z.object({ cart: z.array(z.object({ sku: z.string(), qty: z.number().default(1) })).default([]) })

  async function deployed(written: typeof older | typeof newer, cart: { sku: string; qty?: number }[]) {
    const store = memoryStore()
    const writer = createTestClient(defineSession(written as typeof newer, { store }))
    await writer.request((session) => session.set('cart', cart as { sku: string; qty: number }[]))
    const open = (schema: typeof older) => {
      const client = createTestClient(defineSession(schema, { store }))
      client.cookie = writer.cookie
      return client
    }
    return { old: open(older), new: open(newer) }
  }

  it.each(['set', 'update', 'mutate'] as const)('survive a %s of older code that changes nothing', async (how) => {
    const code = await deployed(newer, [{ sku: 'A', qty: 2 }])
    const { value } = await code.old.request((session) => {
      if (how === 'set') session.set('cart', session.get('cart'))
      if (how === 'update') session.update('cart', (cart) => cart)
      if (how === 'mutate') session.mutate('cart', () => {})
      return session.changed
    })
    expect(value).toBe(false)
    expect((await code.new.request((session) => session.get('cart'))).value).toEqual([{ sku: 'A', qty: 2 }])
  })

  it('are stored, where they have a default, by a set: another release may have another default', async () => {
    const code = await deployed(older, [{ sku: 'A' }])
    const { value } = await code.new.request((session) => {
      session.set('cart', session.get('cart'))
      return session.changed
    })
    expect(value).toBe(true)
  })
})

describe('an update() or mutate() callback that changes its session', () => {
  const schema = z.object({ list: z.array(z.string()).default([]), note: z.string().optional() })
  const flash = z.object({ notice: z.string() })
  type Used = Parameters<Parameters<ReturnType<typeof setUp>['request']>[0]>[0]
  const setUp = () => createTestClient(defineSession(schema, { store: memoryStore(), flash }))

  const writes: Record<string, (session: Used) => unknown> = {
    set: (session) => session.set('note', 'x'),
    update: (session) => session.update('note', () => 'x'),
    delete: (session) => session.delete('note'),
    clear: (session) => session.clear(),
    remember: (session) => session.remember(60),
    'flash.set': (session) => session.flash.set('notice', 'x'),
    'flash.clear': (session) => session.flash.clear(),
  }

  it.each(Object.entries(writes))('is told that it may not: %s', async (name, write) => {
    const client = setUp()
    await client.request((session) => {
      const both = (list: readonly string[]) => {
        write(session)
        return [...list, 'item']
      }
      const refused = expect.objectContaining({
        code: 'ERR_SESSION_READONLY',
        message: expect.stringMatching(new RegExp(`^${name}\\(.*update\\(\\) or mutate\\(\\)`)),
      })
      expect(() => session.update('list', both)).toThrow(refused)
      expect(() => session.mutate('list', (draft) => void draft.push(...both([])))).toThrow(refused)
      expect(session.changed).toBe(false)
      session.set('note', 'after')
    })
    expect((await client.request((session) => session.data)).value).toEqual({ list: [], note: 'after' })
  })

  it('may read it', async () => {
    const client = setUp()
    await client.request((session) => {
      session.set('note', 'x')
      session.update('list', (list) => [...list, session.get('note') ?? ''])
    })
    expect((await client.request((session) => session.get('list'))).value).toEqual(['x'])
  })
})
