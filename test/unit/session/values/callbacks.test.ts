import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({
  cart: z.array(z.number()).default([]),
  n: z.number().default(1),
  name: z.string().optional(),
  user: z.object({ id: z.number() }).nullable().optional(),
  seen: z.map(z.string(), z.number()).default(new Map()),
  open: z.any(),
})

// What JavaScript callers write.
type Anything = ReturnType<typeof JSON.parse>
type Loose = {
  mutate(key: string, change: (draft: Anything) => unknown): void
  update(key: string, compute: (now: Anything) => unknown): void
}

async function run(call: (session: Loose) => void) {
  const client = createTestClient(defineSession(schema, { store: memoryStore() }))
  const { value } = await client.request((session) => {
    session.set('user', null)
    let error: unknown
    try {
      call(session as unknown as Loose)
    } catch (thrown) {
      error = thrown
    }
    return { message: (error as Error | undefined)?.message, data: session.data }
  })
  expect((await client.request((session) => session.data)).value).toEqual(value.data)
  return value
}

describe('a function whose result would be ignored or could not be stored', () => {
  it.each<[string, (session: Loose) => void, RegExp]>([
    [
      'mutate with an async function',
      (s) => s.mutate('cart', async (c) => void c.push(1)),
      /mutate\('cart'\).*promise.*Await first/,
    ],
    [
      'mutate with a rejecting one',
      (s) => s.mutate('cart', () => Promise.reject(new Error('x'))),
      /mutate\('cart'\).*promise/,
    ],
    ['mutate with a thenable', (s) => s.mutate('cart', () => ({ then() {} })), /promise/],
    [
      'mutate that returns a new value',
      (s) => s.mutate('cart', (c) => [...c, 1]),
      /returned array of 1 item,.*update\(\)/,
    ],
    ['mutate that returns a result', (s) => s.mutate('cart', (c) => c.push(1)), /returned number.*braces/],
    ['mutate that returns null', (s) => s.mutate('cart', () => null), /returned null/],
    ['mutate of a number', (s) => s.mutate('n', (n) => n + 1), /`n`.*number.*update\(\)/],
    ['mutate of null', (s) => s.mutate('user', () => {}), /`user`.*null.*update\(\)/],
    ['mutate of nothing', (s) => s.mutate('name', () => {}), /`name`.*absent.*set\(\) first/],
    [
      'update with an async function',
      (s) => s.update('cart', async (c) => [...c, 1]),
      /update\('cart'\).*promise.*Await first/,
    ],
    ['update with a rejecting one', (s) => s.update('open', () => Promise.reject(new Error('x'))), /promise/],
    [
      'update that forgets to return',
      (s) => s.update('n', () => {}),
      /update\('n'\).*returned nothing.*Return the new value/,
    ],
  ])('%s throws, says what to do, and changes nothing', async (_, call, message) => {
    const { message: said, data } = await run(call)
    expect(said).toMatch(message)
    expect(data).toMatchObject({ cart: [], n: 1, user: null })
  })

  it('what returns nothing, or the draft itself, is fine', async () => {
    expect((await run((s) => s.mutate('cart', (c) => void c.push(1)))).data.cart).toEqual([1])
    expect((await run((s) => s.mutate('seen', (m) => m.set('a', 1)))).data.seen).toEqual(new Map([['a', 1]]))
    expect((await run((s) => s.update('name', () => undefined))).message).toBeUndefined()
  })

  async function withOption(options: SessionOptions<undefined, typeof schema>) {
    const client = createTestClient(defineSession(schema, { store: memoryStore(), ...options } as never))
    return client.request((session) => session.set('name', 'x'))
  }

  it('a subject function that is async', async () => {
    await expect(withOption({ subject: (async () => 'ada') as never })).rejects.toThrow(/`subject`.*async function/)
    await expect(withOption({ subject: (() => Promise.reject(new Error('x'))) as never })).rejects.toThrow(/promise/i)
  })

  it('an onInvalid function that is async, or returns something else', async () => {
    const store = memoryStore()
    const writer = createTestClient(defineSession(schema, { store }))
    await writer.request((session) => session.set('name', 'x'))
    const changed = z.object({ name: z.number().optional() })
    const asynchronous = (async () => 'reset') as never
    expect(() => defineSession(changed, { onInvalid: asynchronous })).toThrow(/`onInvalid`.*async function/)
    for (const [policy, said] of [
      [() => Promise.resolve('reset'), /`onInvalid`.*promise.*'hide-key'/i],
      [() => Promise.reject(new Error('x')), /promise/i],
      [() => undefined, /missing/],
      [() => 'ignore', /'ignore'/],
    ] as const) {
      const client = createTestClient(defineSession(changed, { store, onInvalid: policy as never }))
      client.cookie = writer.cookie
      await expect(client.request((session) => session.get('name'))).rejects.toThrow(said)
    }
  })

  it('a hook that returns a thenable which rejects does not end the process', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const rejecting = () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('late')) })
    await withOption({
      hooks: { created: rejecting as never, saved: (async () => Promise.reject(new Error('late'))) as never },
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})
