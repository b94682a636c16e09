// Sessions in PostgreSQL. The store makes its table, `sessions`.
//   npm install zession zod h3@2 drizzle-orm pg
//   DATABASE_URL=postgres://user:password@127.0.0.1:5432/app node postgres.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { postgresStore } from 'zession/stores/postgres'
import { z } from 'zod'

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: postgresStore({ url: process.env.DATABASE_URL ?? 'postgres://127.0.0.1:5432/app' }),
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
