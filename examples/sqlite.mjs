// Sessions in a SQLite file.
//   npm install zession zod h3@2 drizzle-orm @libsql/client
//   DATABASE_URL=file:sessions.db node sqlite.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { sqliteStore } from 'zession/stores/sqlite'
import { z } from 'zod'

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: sqliteStore({ url: process.env.DATABASE_URL ?? 'file:sessions.db' }),
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

// Once the last request has ended, the connection of the store ends too.
serve(app).node?.server?.once('close', () => appSession.close())
