// Everything that happens to sessions, told on a channel of node:diagnostics_channel: for logs, metrics and traces, without
// touching the app. `ref` is a short one-way hash of the id, safe to log; ids and values are never told.
//   npm install zession zod h3@2
//   node tracing.mjs
import { subscribe } from 'node:diagnostics_channel'
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

const counts = new Map()

subscribe('zession', ({ hook, session, ref }) => {
  counts.set(hook, (counts.get(hook) ?? 0) + 1)
  console.log(`${hook} ${session} ${ref ?? '-'}`)
})

const appSession = defineSession(z.object({ visits: z.number().int().default(0) }))

const app = new H3()
installSessions(app)

app.get('/', async (event) => {
  const session = await useSession(event, appSession)
  session.update('visits', (visits) => visits + 1)
  return { visits: session.get('visits') }
})

app.get('/end', async (event) => {
  const session = await useSession(event, appSession)
  await session.destroy()
  return 'ok'
})

app.get('/metrics', () => Object.fromEntries(counts))

serve(app)
