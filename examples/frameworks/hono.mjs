//   npm install zession zod hono @hono/node-server
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { defineSession } from 'zession'
import { useSession, withSessions } from 'zession/web'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional(), visits: z.number().default(0) }))

const app = new Hono()
app.get('/', async (c) => {
  const session = await useSession(c.req.raw, appSession)
  session.update('visits', (visits) => visits + 1)
  return c.json({ user: session.get('user'), visits: session.get('visits') })
})
app.post('/login', async (c) => {
  const session = await useSession(c.req.raw, appSession)
  await session.regenerate()
  session.set('user', 'ann')
  return c.redirect('/', 303)
})
app.post('/logout', async (c) => {
  await (await useSession(c.req.raw, appSession)).destroy()
  return c.redirect('/', 303)
})
// Without it Hono answers every error with 500, also that of a store that is down.
app.onError((error, c) => c.json({ code: error.code }, error.status ?? 500))

serve({ fetch: withSessions(app.fetch), port: Number(process.env.PORT ?? 3000) })
