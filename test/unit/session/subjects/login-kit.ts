import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionStore } from '../../../../src/stores/port.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

export const schema = z.object({
  userId: z.string().optional(),
  label: z.string().optional(),
  n: z.number().default(0),
})

export function setUp(
  options: { max?: number; onLimit?: 'oldest' | 'refuse'; store?: SessionStore; storeTimeout?: number } = {},
) {
  const clock = { now: 1_700_000_000_000 }
  const definition = defineSession(schema, {
    store: options.store ?? memoryStore(),
    subject: 'userId',
    clock: () => clock.now,
    ...(options.max === undefined ? {} : { maxPerSubject: options.max }),
    ...(options.onLimit === undefined ? {} : { onLimit: options.onLimit }),
    ...(options.storeTimeout === undefined ? {} : { storeTimeout: options.storeTimeout }),
  })
  const login = async (userId: string, label = 'a browser') => {
    const client = createTestClient(definition)
    const { value } = await client.request(async (session) => {
      await session.regenerate()
      session.set('userId', userId)
      session.set('label', label)
      await session.save()
      return session.ref
    })
    return { client, ref: value }
  }
  const userOf = async (client: Awaited<ReturnType<typeof login>>['client']) =>
    (await client.request((session) => session.get('userId'))).value
  return { clock, definition, login, userOf }
}
