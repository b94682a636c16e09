import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import fastify from 'fastify'
import { fastifySessions, useSession } from 'zession/node'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(useSession, (request) => request.url)
const app = fastify()
await app.register(fastifySessions)
await app.register(formbody)
await app.register(multipart, { attachFieldsToBody: 'keyValues' })
app.addHook('preHandler', csrf.middleware)
app.setErrorHandler((error, _request, reply) => reply.status(error.statusCode ?? 500).send({ code: error.code }))
for (const [path, make] of Object.entries(read)) app.get(path, async (request) => make(request))
for (const [path, make] of Object.entries(act)) app.post(path, async (request) => make(request))
app.post('/echo', async (request) => noted(request.body))

export const listen = async () => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server.address().port
}
