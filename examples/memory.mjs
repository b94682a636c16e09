// Sessions in the memory of this process. They end with it.
//   npm install zession zod h3@2
//   node memory.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { memoryStore } from 'zession/stores/memory'
import { z } from 'zod'

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: memoryStore({ maxEntries: 10_000 }),
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
