import { expect, it } from 'vitest'
import * as z from 'zod'
import { json } from '../../../../src/codec/json.js'
import type { Codec } from '../../../../src/codec/port.js'
import { defineSession } from '../../../../src/define.js'
import { csrfSeedOf, makeCsrfSeed } from '../../../../src/session/handle/csrf-seed.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

// That an app sees the same with and without is a property: test/property/kept-contents.test.ts.

const schema = z.object({ text: z.string().optional(), n: z.number().default(0) })

/** A definition that counts how many records it has decoded, and browsers for it. */
function setUp(options: { decodedCacheBytes?: number } = {}) {
  const decoded = { records: 0 }
  let isReading = false
  const plain = json()
  const codec: Codec = {
    name: 'json',
    bind: (context) => {
      const bound = plain.bind(context)
      return {
        encode: (value) => bound.encode(value),
        decode(bytes) {
          if (isReading) decoded.records++
          return bound.decode(bytes)
        },
      }
    },
  }
  const definition = defineSession(schema, { store: memoryStore(), codec, cookie: { secure: false }, ...options })
  const visitor = async (text: string) => {
    const client = createTestClient(definition)
    await client.request((session) => session.set('text', text))
    return client
  }
  type Visitor = Awaited<ReturnType<typeof visitor>>
  /** How many records that many reads have decoded. */
  async function reads(visitors: readonly Visitor[], times = 1): Promise<number> {
    decoded.records = 0
    isReading = true
    for (let i = 0; i < times; i++)
      for (const each of visitors) await each.request((session) => expect(session.get('text')).toBeTypeOf('string'))
    isReading = false
    return decoded.records
  }
  return { visitor, reads, decoded }
}

it('a session that has not changed is decoded twice: when it is seen first, and when it is seen again', async () => {
  const { visitor, reads } = setUp()
  expect(await reads([await visitor('x')], 10)).toBe(2)
})

it('a session that was read twice is not decoded after its own writes either', async () => {
  const { visitor, reads } = setUp()
  const one = await visitor('x')
  await reads([one], 2)
  for (let i = 1; i <= 5; i++) {
    await one.request((session) => session.update('n', (n) => n + 1))
    expect(await reads([one])).toBe(0)
    await one.request((session) => expect(session.get('n')).toBe(i))
  }
})

it('a session with a CSRF token is no exception, and its token stays what it is', async () => {
  const { visitor, reads } = setUp()
  const one = await visitor('x')
  const { value: seed } = await one.request((session) => makeCsrfSeed(session))
  await reads([one])
  expect(await reads([one], 10)).toBe(0)
  await one.request((session) => session.update('n', (n) => n + 1))
  expect(await reads([one], 3)).toBe(0)
  await one.request((session) => expect(csrfSeedOf(session)).toBe(seed))
  await one.request((session) => session.regenerate())
  await one.request((session) => expect(csrfSeedOf(session)).toBeUndefined())
})

it('0 bytes hold nothing', async () => {
  const { visitor, reads } = setUp({ decodedCacheBytes: 0 })
  expect(await reads([await visitor('x')], 10)).toBe(10)
})

it('visitors who come once push nobody out, and sessions that are large push nobody out', async () => {
  const { visitor, reads } = setUp({ decodedCacheBytes: 100_000 })
  const regular = await visitor('x')
  await reads([regular], 2)
  for (let i = 0; i < 300; i++) await reads([await visitor('once')])
  const large = await visitor('y'.repeat(8000))
  expect(await reads([large], 5)).toBe(5)
  expect(await reads([regular])).toBe(0)
})

it('more than there is room for: some are decoded each time, and what is in use stays', async () => {
  const { visitor, reads } = setUp({ decodedCacheBytes: 100_000 })
  const regular = await visitor('x')
  const many: (typeof regular)[] = []
  for (let i = 0; i < 200; i++) many.push(await visitor('often'))
  await reads([regular], 2)
  for (let i = 0; i < many.length; i++) {
    await reads(many.slice(i, i + 1), 2)
    expect(await reads([regular])).toBe(0)
  }
  expect(await reads(many)).toBeGreaterThan(100)
})
