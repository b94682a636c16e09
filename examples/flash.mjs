// Flash messages: values for the next page that shows them, each delivered exactly once.
//   npm install zession zod h3@2
//   node flash.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

const appSession = defineSession(z.object({}), {
  // Each channel has a type of its own.
  flash: z.object({
    message: z.string(),
    saved: z.object({ title: z.string(), at: z.date() }),
    errors: z.array(z.object({ field: z.string(), problem: z.string() })),
  }),
})

const app = new H3()
installSessions(app)

app.get('/set-simple', async (event) => {
  const session = await useSession(event, appSession)
  session.flash.set('message', 'This is a flash message')
  return 'ok'
})

app.get('/get-simple', async (event) => {
  const session = await useSession(event, appSession)
  return { message: await session.flash.take('message') }
})

app.get('/set-complex', async (event) => {
  const session = await useSession(event, appSession)
  session.flash.set('saved', { title: 'Profile', at: new Date() })
  session.flash.add('errors', { field: 'email', problem: 'has no @' })
  session.flash.add('errors', { field: 'name', problem: 'is empty' })
  return 'ok'
})

app.get('/get-complex', async (event) => {
  const session = await useSession(event, appSession)
  const { saved, errors = [] } = await session.flash.takeAll()
  return { title: saved?.title, year: saved?.at.getFullYear(), errors }
})

serve(app)
