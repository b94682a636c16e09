import { expect } from 'vitest'
import * as z from 'zod'
import type { Codec } from '../../../../src/codec/port.js'
import { cbor, defineSession, memoryStore, type SessionError, typeRegistry } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

/** A client with one key `a` and one channel `f` of a schema. */
export function clientOf(schema: z.ZodType, codec: Codec = cbor(), types = typeRegistry()) {
  return createTestClient(
    defineSession(z.object({ a: schema, other: z.number().optional() }), {
      store: memoryStore(),
      flash: z.object({ f: schema }),
      codec,
      types,
    }),
  )
}

/** What this request and the next one read after a set, or what the set threw. */
export async function readAfterSet(
  schema: z.ZodType,
  value: unknown,
  codec?: Codec,
  types?: ReturnType<typeof typeRegistry>,
) {
  const client = clientOf(schema, codec, types)
  const { value: now } = await client.request((session) => {
    try {
      session.set('a', value as never)
    } catch (error) {
      return { error: error as SessionError }
    }
    return { has: session.has('a'), value: session.get('a') }
  })
  if ('error' in now) return now
  const { value: next } = await client.request((session) => ({ has: session.has('a'), value: session.get('a') }))
  expect(next).toEqual(now)
  return next
}
