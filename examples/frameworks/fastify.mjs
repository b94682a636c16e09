//   npm install zession zod fastify@5
import fastify from 'fastify'
import { defineSession } from 'zession'
import { fastifySessions, useSession } from 'zession/node'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional(), visits: z.number().default(0) }))

const app = fastify()
await app.register(fastifySessions)

app.get('/', async (request) => {
  const session = await useSession(request, appSession)
  session.update('visits', (visits) => visits + 1)
  return { user: session.get('user'), visits: session.get('visits') }
})
app.post('/login', async (request, reply) => {
  const session = await useSession(request, appSession)
  await session.regenerate()
  session.set('user', 'ann')
  return reply.redirect('/', 303)
})
app.post('/logout', async (request, reply) => {
  await (await useSession(request, appSession)).destroy()
  return reply.redirect('/', 303)
})
// Fastify's own error page has the message of an error, and that of a store's error names its host.
app.setErrorHandler((error, _request, reply) => reply.status(error.statusCode ?? 500).send({ code: error.code }))

await app.listen({ port: Number(process.env.PORT ?? 3000) })
