import * as z from 'zod'
import { defineSession } from '../../../src/define.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { countingStore } from '../../support/counting-store.js'

const schema = z.object({
  userId: z.number().int().optional(),
  theme: z.enum(['light', 'dark']).default('light'),
  cart: z.array(z.object({ sku: z.string(), qty: z.number().int() })).default([]),
  seenAt: z.date().optional(),
  tags: z.set(z.string()).optional(),
})
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

export function setUp(options: object = {}) {
  const clock = fakeClock()
  const { store, calls } = countingStore(memoryStore())
  const definition = defineSession(schema, { flash, store, clock, cookie: { secure: false }, ...options })
  return { clock, store, calls, definition, client: createTestClient(definition) }
}
