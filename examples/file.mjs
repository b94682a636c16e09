// Sessions in files, one each. They survive a restart.
//   npm install zession zod h3@2
//   SESSIONS_FOLDER=sessions node file.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { fileStore } from 'zession/stores/file'
import { z } from 'zod'

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: fileStore({ folder: process.env.SESSIONS_FOLDER ?? 'sessions' }),
})

const app = new H3()
installSessions(app)

app.get('/set', async (event) => {
  const session = await useSession(event, appSession)
  session.set('user_id', 123456)
  return 'ok'
})

app.get('/get', async (event) => {
  const session = await useSession(event, appSession)
  return { user_id: session.get('user_id') }
})

app.get('/clear', async (event) => {
  const session = await useSession(event, appSession)
  session.clear()
  return 'ok'
})

serve(app)
