// What every server of the comparison keeps in a session.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'

export const schema = z.object({
  userId: z.string().optional(),
  email: z.string().optional(),
  roles: z.array(z.string()).default([]),
  cart: z.array(z.object({ sku: z.string(), qty: z.number() })).default([]),
  n: z.number().default(0),
})

export const user = {
  userId: randomUUID(),
  email: 'someone@example.org',
  roles: ['admin', 'editor'],
  cart: [
    { sku: 'A-1', qty: 2 },
    { sku: 'B-7', qty: 1 },
  ],
}
