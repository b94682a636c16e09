//   npm install zession zod express@5
import express from 'express'
import { defineSession } from 'zession'
import { sessions, useSession } from 'zession/node'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional(), visits: z.number().default(0) }))

const app = express()
app.use(sessions())

app.get('/', async (req, res) => {
  const session = await useSession(req, appSession)
  session.update('visits', (visits) => visits + 1)
  res.json({ user: session.get('user'), visits: session.get('visits') })
})
app.post('/login', async (req, res) => {
  const session = await useSession(req, appSession)
  await session.regenerate()
  session.set('user', 'ann')
  res.redirect(303, '/')
})
app.post('/logout', async (req, res) => {
  await (await useSession(req, appSession)).destroy()
  res.redirect(303, '/')
})
app.use((error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ code: error.code })
})

app.listen(process.env.PORT ?? 3000)
