// What every server of the comparison keeps in a session.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'

export const schema = z.object({
  userId: z.string().optional(),
  email: z.string().optional(),
  roles: z.array(z.string()).default([]),
  cart: z.array(z.object({ sku: z.string(), qty: z.number() })).default([]),
  seen: z.array(z.object({ path: z.string(), at: z.number() })).default([]),
  n: z.number().default(0),
})

const small = {
  userId: randomUUID(),
  email: 'someone@example.org',
  roles: ['admin', 'editor'],
  cart: [
    { sku: 'A-1', qty: 2 },
    { sku: 'B-7', qty: 1 },
  ],
}

/** About `BENCH_BYTES` of JSON; the small session alone where that is not given. */
export const user = { ...small, seen: seenPages(Number(process.env.BENCH_BYTES ?? 0) - JSON.stringify(small).length) }

function seenPages(bytes) {
  const pages = []
  for (let i = 0; bytes > 0; i++) {
    pages.push({ path: `/articles/${randomUUID()}`, at: 1_700_000_000_000 + i * 7919 })
    bytes -= JSON.stringify(pages[i]).length + 1
  }
  return pages
}
