// Sessions in MongoDB, in a collection `sessions`.
//   npm install zession zod h3@2 mongodb
//   MONGODB_URL=mongodb://127.0.0.1:27017/app node mongodb.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { mongodbStore } from 'zession/stores/mongodb'
import { z } from 'zod'

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: mongodbStore({ url: process.env.MONGODB_URL ?? 'mongodb://127.0.0.1:27017/app' }),
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
