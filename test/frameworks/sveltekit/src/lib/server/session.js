import { defineSession, memoryStore } from 'zession'
import { z } from 'zod'

const schema = z.object({ user: z.string().optional(), visits: z.number().default(0) })

export const appSession = defineSession(schema, { flash: z.object({ notice: z.string() }) })

const down = async () => {
  throw new Error('connect ECONNREFUSED db-7.internal')
}
/** Its store answers reads and stores nothing. */
export const brokenSession = defineSession(schema, {
  name: 'broken',
  store: { ...memoryStore(), create: down, update: down },
})
