import { defineSession } from 'zession'
import { z } from 'zod'

export default defineSession(z.object({ name: z.string(), since: z.date() }), { name: 'admin' })

export const expose = (session: { get(key: 'name'): string | undefined }) => ({
  initial: session.get('name')?.slice(0, 1),
})
