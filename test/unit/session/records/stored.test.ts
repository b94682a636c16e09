import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor } from '../../../../src/codec/cbor.js'
import { json } from '../../../../src/codec/json.js'
import { superjson } from '../../../../src/codec/superjson.js'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import type { Revision, StoreKey } from '../../../../src/stores/port.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const clock = fakeClock()
const cookie = { secure: false }

async function onlyRecord(store: ReturnType<typeof memoryStore>) {
  for await (const found of store.scan('')) return found
  throw new Error('nothing stored')
}

async function replaceBytes(store: ReturnType<typeof memoryStore>, change: (bytes: Uint8Array) => Uint8Array) {
  const { key, record } = await onlyRecord(store)
  await store.update(
    key,
    { bytes: change(record.bytes), revision: 'damaged' as Revision, expiresAt: 'keep' },
    record.revision,
  )
  return key
}

describe('the id at rest', () => {
  it('is not stored, and the store key is no id', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(z.object({ a: z.string().optional() }), { store, clock, cookie }))
    await client.request((s) => s.set('a', 'x'))
    const { key, record } = await onlyRecord(store)
    const id = client.cookie.split('=')[1] as string
    expect(key).toMatch(/^session:h1\.[\w-]{43}$/)
    expect(key).not.toContain(id)
    expect(Buffer.from(record.bytes).includes(id)).toBe(false)
    await client.request((s) => expect(s.isNew).toBe(true), { cookie: `session=${key}` })
  })

  it('two definitions on one store never meet', async () => {
    const store = memoryStore()
    const one = createTestClient(
      defineSession(z.object({ a: z.string().optional() }), { name: 'one', store, clock, cookie }),
    )
    const two = createTestClient(
      defineSession(z.object({ a: z.string().optional() }), { name: 'two', store, clock, cookie }),
    )
    await one.request((s) => s.set('a', 'x'))
    await two.request((s) => expect(s.isNew).toBe(true), { cookie: one.cookie.replace('one=', 'two=') })
  })
})

describe('onInvalid: stored values that no longer fit', () => {
  const v1 = z.object({ size: z.string().optional(), keep: z.string().optional() })
  const v2 = z.object({ size: z.number().optional(), keep: z.string().optional() })

  async function written() {
    const store = memoryStore()
    const old = createTestClient(defineSession(v1, { store, clock, cookie }))
    await old.request((s) => {
      s.set('size', 'large')
      s.set('keep', 'k')
    })
    return { store, old }
  }

  it('hide-key hides it, carries it over writes and lets the old code read it again (J10)', async () => {
    const { store, old } = await written()
    const seen: unknown[] = []
    const now = createTestClient(
      defineSession(v2, { store, clock, cookie, hooks: { invalid: (event) => void seen.push(event.keys) } }),
    )
    now.cookie = old.cookie
    await now.request((s) => {
      expect(s.data).toEqual({ keep: 'k' })
      s.set('keep', 'k2')
    })
    expect(seen).toEqual([['size']])
    await old.request((s) => expect(s.data).toEqual({ size: 'large', keep: 'k2' }))
    await now.request((s) => s.set('size', 3))
    await now.request((s) => expect(s.get('size')).toBe(3))
  })

  it('reset starts a new session, throw throws, a function decides', async () => {
    const { store, old } = await written()
    const as = (onInvalid: 'reset' | 'throw' | (() => 'reset')) =>
      Object.assign(createTestClient(defineSession(v2, { store, clock, cookie, onInvalid })), { cookie: old.cookie })
    await as('reset').request((s) => expect(s.isNew).toBe(true))
    await as(() => 'reset').request((s) => expect(s.isNew).toBe(true))
    await expect(as('throw').request((s) => s.data)).rejects.toMatchObject({
      code: 'ERR_SESSION_VALIDATION',
      issues: [{ path: 'size' }],
    })
  })

  it('keys of newer code are carried untouched, nested ones too, and so is unread flash (J10)', async () => {
    const store = memoryStore()
    const newer = defineSession(
      z.object({
        a: z.object({ x: z.number(), y: z.number().optional() }).optional(),
        b: z.bigint().optional(),
        n: z.number().default(0),
      }),
      { store, clock, cookie, flash: z.object({ news: z.string() }) },
    )
    const older = defineSession(z.object({ a: z.object({ x: z.number() }).optional(), n: z.number().default(0) }), {
      store,
      clock,
      cookie,
    })
    const client = createTestClient(newer)
    await client.request((s) => {
      s.set('a', { x: 1, y: 2 })
      s.set('b', 5n)
      s.flash.set('news', 'hi')
    })
    const behind = Object.assign(createTestClient(older), { cookie: client.cookie })
    await behind.request((s) => {
      expect(s.get('a')).toEqual({ x: 1 })
      s.set('n', 9)
    })
    await client.request(async (s) => {
      expect(s.data).toEqual({ a: { x: 1, y: 2 }, b: 5n, n: 9 })
      expect(await s.flash.take('news')).toBe('hi')
    })
  })
})

describe('law 8 bad stored bytes', () => {
  it('reset: a new session, the hook, and the bytes stay as they are', async () => {
    for (const damage of [
      (b: Uint8Array) => b.slice(0, -3),
      () => new Uint8Array(),
      (b: Uint8Array) => b.map((x, i) => (i === 0 ? 0xff : x)),
      () => new TextEncoder().encode('{"__proto__":{"polluted":1}}'),
    ]) {
      const store = memoryStore()
      const errors: unknown[] = []
      const client = createTestClient(
        defineSession(z.object({ a: z.string().optional() }), {
          store,
          clock,
          cookie,
          hooks: { invalid: (event) => void errors.push(event.error) },
        }),
      )
      await client.request((s) => s.set('a', 'x'))
      await replaceBytes(store, damage)
      const before = await onlyRecord(store)
      await client.request((s) => expect(s.isNew).toBe(true))
      expect(errors).toMatchObject([{ code: 'ERR_SESSION_UNREADABLE' }])
      expect(await onlyRecord(store)).toEqual(before)
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    }
  })

  it('onUnreadable throw', async () => {
    const store = memoryStore()
    const client = createTestClient(
      defineSession(z.object({ a: z.string().optional() }), { store, clock, cookie, onUnreadable: 'throw' }),
    )
    await client.request((s) => s.set('a', 'x'))
    await replaceBytes(store, (b) => b.slice(0, -1))
    await expect(client.request((s) => s.data)).rejects.toMatchObject({ code: 'ERR_SESSION_UNREADABLE' })
  })

  it('a codec this process does not have is a misdeploy: 503, never a reset', async () => {
    const store = memoryStore()
    const schema = z.object({ a: z.string().optional() })
    const client = createTestClient(defineSession(schema, { store, clock, cookie, codec: superjson() }))
    await client.request((s) => s.set('a', 'x'))
    const forgot = Object.assign(
      createTestClient(defineSession(schema, { store, clock, cookie, codec: cbor(), onStoreError: 'anonymous' })),
      { cookie: client.cookie },
    )
    await expect(forgot.request((s) => s.data)).rejects.toMatchObject({ code: 'ERR_SESSION_MISDEPLOY', status: 503 })
  })

  it('a list of codecs reads all and writes the first', async () => {
    const store = memoryStore()
    const schema = z.object({ a: z.string().optional() })
    const client = createTestClient(defineSession(schema, { store, clock, cookie, codec: json() }))
    await client.request((s) => s.set('a', 'x'))
    const switched = Object.assign(
      createTestClient(defineSession(schema, { store, clock, cookie, codec: [cbor(), json()] })),
      { cookie: client.cookie },
    )
    await switched.request((s) => {
      expect(s.get('a')).toBe('x')
      s.set('a', 'y')
    })
    await expect(client.request((s) => s.data)).rejects.toMatchObject({ code: 'ERR_SESSION_MISDEPLOY' })
  })
})

it('K2 hostile keys are no keys', async () => {
  const store = memoryStore()
  expect(await store.read('*' as StoreKey)).toBeUndefined()
})
