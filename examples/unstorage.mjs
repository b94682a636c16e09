// Sessions in any driver of unstorage; here, in files. Right for one process: see `acceptLostUpdates`.
//   npm install zession zod h3@2 unstorage
//   STORAGE_FOLDER=storage node unstorage.mjs
import { H3, serve } from 'h3'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs-lite'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { unstorageStore } from 'zession/stores/unstorage'
import { z } from 'zod'

const driver = fsDriver({ base: process.env.STORAGE_FOLDER ?? 'storage' })

const appSession = defineSession(z.object({ user_id: z.number().int().optional() }), {
  store: unstorageStore({ storage: createStorage({ driver }), acceptLostUpdates: true }),
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
