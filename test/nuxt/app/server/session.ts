import { defineSession } from 'zession'
import { z } from 'zod'

export default defineSession(
  z.object({
    userId: z.number().optional(),
    theme: z.enum(['light', 'dark']).default('light'),
    visits: z.number().default(0),
    seenAt: z.date().optional(),
    tags: z.set(z.string()).optional(),
    counts: z.map(z.string(), z.bigint()).optional(),
    token: z.string().optional(),
  }),
  { flash: z.object({ notice: z.string(), warning: z.string() }) },
)

export const expose = ['userId', 'theme', 'visits', 'seenAt', 'tags', 'counts'] as const
export const writable = ['theme'] as const
