import { defineSession } from 'zession'
import { z } from 'zod'
import { Money } from '../shared/money'
import types from '../shared/session-types'

export default defineSession(
  z.object({
    userId: z.string().optional(),
    theme: z.enum(['system', 'light', 'dark']).default('system'),
    note: z.string().max(100_000).default(''),
    visits: z.number().default(0),
    seenAt: z.date().optional(),
    tags: z.set(z.string()).optional(),
    counts: z.map(z.string(), z.bigint()).optional(),
    credit: z.instanceof(Money).optional(),
    token: z.string().optional(),
  }),
  {
    store: () => playgroundStore(sessionStoreUrl()),
    secrets: playgroundSecrets,
    signIds: true,
    subject: 'userId',
    idleTimeout: 900,
    flash: z.object({ notice: z.string() }),
    types,
  },
)

/** What pages may see. The token stays on the server. */
export const expose = ['userId', 'theme', 'note', 'visits', 'seenAt', 'tags', 'counts', 'credit'] as const
/** What pages may set without a handler. */
export const writable = ['theme', 'note'] as const
