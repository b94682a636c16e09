import { defineSession } from 'zession'
import { z } from 'zod'

/** A second session, with a cookie and a lifetime of its own: it stays when somebody logs out. */
export default defineSession(z.object({ items: z.array(z.string()).default([]) }), {
  name: 'basket',
  store: () => playgroundStore(sessionStoreUrl()),
  maxAge: 7 * 86_400,
  idleTimeout: 7 * 86_400,
})

/** A function may make what pages see. */
export const expose = (session: { get(key: 'items'): readonly string[] }) => ({ count: session.get('items').length })
