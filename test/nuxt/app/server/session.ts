import { defineSession } from 'zession'
import { z } from 'zod'
import { Money } from '../shared/money'
import types from '../shared/session-types'

export default defineSession(
  z.object({
    userId: z.number().optional(),
    theme: z.enum(['light', 'dark']).default('light'),
    visits: z.number().default(0),
    seenAt: z.date().optional(),
    tags: z.set(z.string()).optional(),
    counts: z.map(z.string(), z.bigint()).optional(),
    credit: z.instanceof(Money).optional(),
    token: z.string().optional(),
  }),
  { flash: z.object({ notice: z.string(), warning: z.string() }), types, secrets: sessionSecrets, signIds: true },
)

export const expose = ['userId', 'theme', 'visits', 'seenAt', 'tags', 'counts', 'credit'] as const
export const writable = ['theme'] as const
