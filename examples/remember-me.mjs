// "Remember me": this session, and its cookie, last for a week. Others end with the browser, or an hour after their last use.
//   npm install zession zod h3@2
//   node remember-me.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

const WEEK = 7 * 24 * 60 * 60

const appSession = defineSession(z.object({ user: z.string().optional() }), { idleTimeout: 60 * 60 })

const app = new H3()
installSessions(app)

app.post('/login', async (event) => {
  const form = await event.req.formData()
  const session = await useSession(event, appSession)
  await session.regenerate({ keep: [] })
  session.set('user', 'ann')
  session.remember(form.get('remember') === 'yes' ? WEEK : false)
  return { until: session.expiresAt }
})

app.get('/', async (event) => {
  const session = await useSession(event, appSession)
  return { user: session.get('user'), until: session.expiresAt }
})

serve(app)
