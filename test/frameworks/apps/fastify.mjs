import { Readable } from 'node:stream'
import compress from '@fastify/compress'
import fastify from 'fastify'
import { fastifySessions, useSession } from 'zession/node'
import { appSession, brokenSession, page } from './session.mjs'

const app = fastify()
await app.register(fastifySessions)
await app.register(compress, { threshold: 0 })
const change = async (request, definition = appSession) =>
  (await useSession(request, definition)).set('user', request.query.user ?? 'someone')
app.addHook('preHandler', async (request) => {
  if (request.query.opened) await change(request)
})
app.setErrorHandler((error, _request, reply) =>
  reply
    .status(error.statusCode ?? 500)
    .send({ status: error.statusCode ?? 500, statusCode: error.statusCode, code: error.code }),
)
const handlers = (on) => {
  on('/json', async (request) => (await change(request), { page }))
  on('/fail', async (request, reply) => {
    await change(request, brokenSession)
    reply.header('location', '/x').header('cache-control', 'public')
    return { page }
  })
}
handlers(app.get.bind(app))
// A plugin in a scope of its own.
await app.register(async (scope) => handlers(scope.get.bind(scope)), { prefix: '/sub' })
app.get('/me', async (request) => ({ user: (await useSession(request, appSession)).get('user') ?? null }))
app.get('/text', async (request) => (await change(request), page))
app.get('/redirect', async (request, reply) => (await change(request), reply.redirect('/me')))
app.get('/empty', async (request, reply) => (await change(request), reply.status(204).send()))
app.get('/stream', async (request, reply) => (await change(request), reply.send(Readable.from([page, page]))))
app.get('/webstream', async (request, reply) => (await change(request), reply.send(new Response(page))))
app.get('/raw', async (request, reply) => {
  await change(request)
  reply.hijack()
  reply.raw.end(page)
})
app.get('/throw', async (request) => {
  await change(request)
  throw Object.assign(new Error('refused'), { statusCode: 422 })
})
app.get('/boom', async (request) => {
  await change(request)
  throw new Error('a bug')
})
app.get('/out', async (request) => {
  await (await useSession(request, appSession)).destroy()
  throw new Error('a bug')
})
app.get(
  '/failstream',
  async (request, reply) => (await change(request, brokenSession), reply.send(Readable.from([page, page]))),
)
app.get('/failraw', async (request, reply) => {
  await change(request, brokenSession)
  reply.hijack()
  reply.raw.end(page)
})
app.get('/failsave', async (request) => {
  const session = await useSession(request, brokenSession)
  session.set('user', 'lost')
  await session.save()
})

export const listen = async () => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server.address().port
}
