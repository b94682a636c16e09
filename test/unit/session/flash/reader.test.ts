import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient, type TestRequest } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'

const schema = z.object({ n: z.number().default(0) })
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

function setUp(options: { flashMode?: 'read' | 'next-request' } = {}) {
  const { store, calls } = countingStore(memoryStore())
  const definition = defineSession(schema, { flash, store, clock: fakeClock(), ...options })
  return { client: createTestClient(definition), calls }
}

type Asked = Pick<TestRequest, 'headers' | 'method'>

const notReaders: readonly Asked[] = [
  // Browsers: as the standard says, as they did before it, Firefox until 2023, Safari's previews.
  { headers: { 'sec-purpose': 'prefetch' } },
  { headers: { 'sec-purpose': 'prefetch;prerender' } },
  { headers: { 'sec-purpose': 'prefetch;anonymous-client-ip' } },
  { headers: { purpose: 'prefetch' } },
  { headers: { purpose: 'preview' } },
  { headers: { 'x-purpose': 'preview' } },
  { headers: { 'x-moz': 'prefetch' } },
  // Scripts: Turbo, turbolinks-prefetch, Inertia, Next, htmx, and what Remix looks for.
  { headers: { 'x-sec-purpose': 'prefetch' } },
  { headers: { 'x-purpose': 'prefetch' } },
  { headers: { 'moz-purpose': 'prefetch' } },
  { headers: { 'sec-fetch-purpose': 'Prefetch' } },
  { headers: { 'next-router-prefetch': '1' } },
  { headers: { 'x-middleware-prefetch': '1' } },
  { headers: { 'hx-preloaded': 'true' } },
  // One that is silent does not hide another.
  { headers: { 'sec-purpose': '', purpose: 'prefetch' } },
  ...['image', 'style', 'script', 'font', 'worker', 'manifest', 'json', 'report'].map((destination) => ({
    headers: { 'sec-fetch-dest': destination },
  })),
  ...['HEAD', 'head', 'OPTIONS', 'TRACE'].map((method) => ({ method })),
]
const readers: readonly Asked[] = [
  {},
  ...['document', 'empty', 'iframe', 'frame', 'object'].map((destination) => ({
    headers: { 'sec-fetch-dest': destination },
  })),
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => ({ method })),
  { headers: { 'sec-purpose': '', 'hx-preloaded': 'false', 'next-router-prefetch': '0' } },
  { headers: { 'x-purpose': 'prefetcher', 'x-moz': 'yes' } },
]

describe('a flash is for who looks at it (J15)', () => {
  it.each(notReaders)('take under %o leaves it waiting', async (asked) => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('notice', 'saved'))
    await client.request(async (s) => {
      expect(await s.flash.take('notice')).toBeUndefined()
      expect(await s.flash.takeAll()).toEqual({})
      expect(s.flash.has('notice')).toBe(true)
    }, asked)
    await client.request(async (s) => expect(await s.flash.take('notice')).toBe('saved'))
  })

  it.each(readers)('take under %o delivers it', async (asked) => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('notice', 'saved'))
    await client.request(async (s) => expect(await s.flash.take('notice')).toBe('saved'), asked)
    await client.request((s) => expect(s.flash.has('notice')).toBe(false))
  })
})

describe("flashMode: 'next-request' (M044, M046)", () => {
  it('shows a flash to the next request, taken or not, and then it is gone', async () => {
    const { client } = setUp({ flashMode: 'next-request' })
    await client.request((s) => {
      s.flash.set('notice', 'saved')
      expect(s.flash.peek('notice')).toBe('saved')
    })
    await client.request((s) => {
      expect(s.flash.peek('notice')).toBe('saved')
      s.flash.set('errors', ['later'])
    })
    await client.request(async (s) => {
      expect(s.flash.has('notice')).toBe(false)
      expect(await s.flash.take('errors')).toEqual(['later'])
    })
    await client.request((s) => expect(s.flash.has('errors')).toBe(false))
  })

  it.each(notReaders)('but not to a request under %o (D11)', async (asked) => {
    const { client, calls } = setUp({ flashMode: 'next-request' })
    await client.request((s) => s.flash.set('notice', 'saved'))
    calls.length = 0
    await client.request((s) => s.get('n'), asked)
    expect(calls).toEqual(['read'])
    await client.request(async (s) => expect(await s.flash.take('notice')).toBe('saved'))
  })

  it('keep carries it over one more request, and a 5xx puts it back', async () => {
    const { client } = setUp({ flashMode: 'next-request' })
    await client.request((s) => s.flash.set('notice', 'saved'))
    await client.request((s) => expect(s.flash.peek('notice')).toBe('saved'), { status: 500 })
    await client.request((s) => s.flash.keep('notice'))
    await client.request((s) => expect(s.flash.peek('notice')).toBe('saved'))
    await client.request((s) => expect(s.flash.has('notice')).toBe(false))
  })

  it('reaches one of several parallel requests', async () => {
    const { client } = setUp({ flashMode: 'next-request' })
    await client.request((s) => s.flash.set('notice', 'saved'))
    const seen = await Promise.all(
      Array.from({ length: 10 }, () => client.request((s) => s.flash.peek('notice'), { cookie: client.cookie })),
    )
    expect(seen.filter(({ value }) => value === 'saved')).toHaveLength(1)
  })

  it('J9 law 3: shows what others queue meanwhile to the next one alone, though a conflict brings it', async () => {
    const { client } = setUp({ flashMode: 'next-request' })
    await client.request((s) => s.set('n', 1))
    await client.request(async (s) => {
      await client.request((other) => {
        other.flash.set('notice', 'saved')
        other.flash.add('errors', 'theirs')
      })
      s.update('n', (n) => n + 1)
      s.flash.add('errors', 'mine')
      await s.save()
      expect(s.get('n')).toBe(2)
      expect([s.flash.has('notice'), s.flash.peek('notice'), s.flash.peek('errors')]).toEqual([
        false,
        undefined,
        undefined,
      ])
      expect([await s.flash.take('notice'), await s.flash.takeAll()]).toEqual([undefined, {}])
    })
    await client.request(async (s) => {
      expect(await s.flash.takeAll()).toEqual({ notice: 'saved', errors: ['theirs', 'mine'] })
    })
    await client.request(async (s) => expect(await s.flash.takeAll()).toEqual({}))
  })

  it('costs a request without a waiting flash nothing', async () => {
    const { client, calls } = setUp({ flashMode: 'next-request' })
    await client.request((s) => s.set('n', 1))
    calls.length = 0
    await client.request((s) => s.get('n'))
    expect(calls).toEqual(['read'])
  })
})
