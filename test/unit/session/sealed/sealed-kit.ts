import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { type CookieStoreOptions, cookieStore } from '../../../../src/stores/cookie.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

export const SECRET = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'
export const OTHER_SECRET = 'Vw2hJk8sLq0zXc5vBn7mPa3dFg9tRy6uIe1oWs4xCz'

const schema = z.object({
  userId: z.number().int().optional(),
  theme: z.enum(['light', 'dark']).default('light'),
  cart: z.array(z.string()).default([]),
  seenAt: z.date().optional(),
  text: z.string().optional(),
})
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

/** A definition whose sessions live in their cookies, and a browser. */
export function setUp(carrier: CookieStoreOptions = {}, options: object = {}) {
  const clock = fakeClock()
  const definition = defineSession(schema, {
    flash,
    clock,
    cookie: { secure: false },
    store: cookieStore({ secrets: SECRET, ...carrier }),
    ...options,
  })
  return { clock, definition, client: createTestClient(definition) }
}
