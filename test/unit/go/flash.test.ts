import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../src/index.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().optional() })
const flash = z.object({
  simple: z.string(),
  complex: z.object({ message: z.string(), level: z.enum(['info', 'warning']) }),
  notes: z.array(z.string()),
})

const setUp = (store = memoryStore()) => {
  const definition = defineSession(schema, { flash, store })
  return { definition, client: createTestClient(definition) }
}

describe('flash', () => {
  it('M044 M114 each channel has a type of its own; the last of one channel wins', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.flash.set('simple', 'first')
      s.flash.set('simple', 'This is a flash message')
      s.flash.set('complex', { message: 'This is a flash message', level: 'info' })
    })
    await client.request(async (s) => {
      expect(await s.flash.take('simple')).toBe('This is a flash message')
      expect(await s.flash.take('complex')).toEqual({ message: 'This is a flash message', level: 'info' })
    })
  })

  it('M045 M047 M048 by key: peek leaves it, has says so, take ends it, and another key waits on', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.flash.set('simple', 'a')
      s.flash.set('notes', ['b'])
    })
    await client.request((s) => expect([s.flash.has('simple'), s.flash.peek('simple')]).toEqual([true, 'a']))
    await client.request(async (s) => {
      expect(await s.flash.take('simple')).toBe('a')
      expect([s.flash.has('simple'), s.flash.peek('simple')]).toEqual([false, undefined])
    })
    await client.request((s) => expect([s.flash.has('simple'), s.flash.has('notes')]).toEqual([false, true]))
  })

  it('M046 two parts of one request that both need it share what one of them took', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('simple', 'a'))
    await client.request(async (s) => {
      const taken = await s.flash.take('simple')
      if (taken !== undefined) s.flash.now('simple', taken)
      expect([s.flash.peek('simple'), s.flash.peek('simple')]).toEqual(['a', 'a'])
    })
    await client.request((s) => expect(s.flash.has('simple')).toBe(false))
  })

  it('M049 a value of another type, and a channel that is not there, are refused when they are set', async () => {
    const { client } = setUp()
    await client.request((s) => {
      expect(() => s.flash.set('simple', 5 as never)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_VALIDATION' }),
      )
      expect(() => s.flash.set('other' as never, 'x' as never)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_UNKNOWN_KEY' }),
      )
    })
  })

  it('M050 takeAll gives all of them in one step', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.flash.set('simple', 'a')
      s.flash.add('notes', 'b')
    })
    expect((await client.request((s) => s.flash.takeAll())).value).toEqual({ simple: 'a', notes: ['b'] })
    expect((await client.request((s) => s.flash.takeAll())).value).toEqual({})
  })

  it('M051 M117 a list channel keeps the order over requests, and a second take is empty', async () => {
    const { client } = setUp()
    for (const note of ['one', 'two', 'three']) await client.request((s) => s.flash.add('notes', note))
    await client.request(async (s) => {
      expect(await s.flash.take('notes')).toEqual(['one', 'two', 'three'])
      expect(await s.flash.take('notes')).toBeUndefined()
    })
  })

  it('M053 K4 it waits in the store: another server of the same store delivers it', async () => {
    const store = memoryStore()
    const [first, second] = [setUp(store), setUp(store)]
    await first.client.request((s) => s.flash.set('simple', 'a'))
    const { value } = await second.client.request((s) => s.flash.take('simple'), { cookie: first.client.cookie })
    expect(value).toBe('a')
  })

  it('K4 D11 using the session again in one request loses no flash, nor does a request that does not ask', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('simple', 'a'))
    await client.request(async (_, reopen) => void (await reopen()))
    await client.request((s) => s.get('n'))
    expect((await client.request((s) => s.flash.take('simple'))).value).toBe('a')
  })
})
