// Sessions in LMDB, a key-value database in this process.
//   npm install zession zod h3@2 lmdb
//   LMDB_PATH=sessions.lmdb node lmdb.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { lmdbStore } from 'zession/stores/lmdb'
import { z } from 'zod'

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: lmdbStore({ path: process.env.LMDB_PATH ?? 'sessions.lmdb' }),
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
