// One server of the comparison: `node server.mjs FRAMEWORK bare|zession|usual`. Prints its port, serves /start, /read and
// /write, and answers a message with the processor time that it has used.
import { defineSession, memoryStore } from '../../dist/index.js'
import { fastifySessions, sessions, useSession } from '../../dist/node/index.js'
import { useSession as useWebSession, withSessions } from '../../dist/web/index.js'
import { schema, user } from '../http/session.mjs'

const [framework, kind] = process.argv.slice(2)
const secret = 'bench-only-secret-of-32-characters-or-more'
const appSession = defineSession(schema, { store: memoryStore(), cookie: { secure: false } })

/** What the three paths do with the session of each kind. `of` finds it in the framework's request. */
const actions = {
  bare: () => ({ start: () => ({ ok: true }), read: () => ({ userId: user.userId }), write: () => ({ n: 1 }) }),
  zession: (of) => ({
    async start(request) {
      const session = await of(request)
      for (const [key, value] of Object.entries(user)) session.set(key, value)
      return { ok: true }
    },
    read: async (request) => ({ userId: (await of(request)).get('userId') }),
    async write(request) {
      const session = await of(request)
      session.update('n', (n) => n + 1)
      return { n: session.get('n') }
    },
  }),
  usual: (of) => ({
    start: (request) => (Object.assign(of(request), user, { n: 0 }), { ok: true }),
    read: (request) => ({ userId: of(request).userId }),
    write: (request) => ({ n: ++of(request).n }),
  }),
}

const frameworks = {
  async express() {
    const { default: express } = await import('express')
    const app = express()
    if (kind === 'zession') app.use(sessions())
    if (kind === 'usual') {
      const { default: session } = await import('express-session')
      app.use(session({ secret, resave: false, saveUninitialized: false }))
    }
    const of = kind === 'usual' ? (req) => req.session : (req) => useSession(req, appSession)
    for (const [name, act] of Object.entries(actions[kind](of)))
      app.get(`/${name}`, async (req, res) => res.json(await act(req)))
    const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port))
  },
  async fastify() {
    const { default: fastify } = await import('fastify')
    const app = fastify()
    if (kind === 'zession') await app.register(fastifySessions)
    if (kind === 'usual') {
      await app.register((await import('@fastify/cookie')).default)
      await app.register((await import('@fastify/session')).default, {
        secret,
        saveUninitialized: false,
        rolling: false,
        cookie: { secure: false },
      })
    }
    const of = kind === 'usual' ? (request) => request.session : (request) => useSession(request, appSession)
    for (const [name, act] of Object.entries(actions[kind](of))) app.get(`/${name}`, async (request) => act(request))
    await app.listen({ port: 0, host: '127.0.0.1' })
    console.log(app.server.address().port)
  },
  async hono() {
    const [{ Hono }, { serve }] = await Promise.all([import('hono'), import('@hono/node-server')])
    const app = new Hono()
    if (kind === 'usual') {
      const { MemoryStore, sessionMiddleware } = await import('hono-sessions')
      app.use(sessionMiddleware({ store: new MemoryStore(), encryptionKey: secret, cookieOptions: { path: '/' } }))
    }
    const of =
      kind === 'usual'
        ? (c) => {
            const session = c.get('session')
            return new Proxy(
              {},
              { get: (_, key) => session.get(key), set: (_, key, value) => (session.set(key, value), true) },
            )
          }
        : (c) => useWebSession(c.req.raw, appSession)
    for (const [name, act] of Object.entries(actions[kind](of))) app.get(`/${name}`, async (c) => c.json(await act(c)))
    const fetch = kind === 'zession' ? withSessions(app.fetch) : app.fetch
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(port))
  },
}

await frameworks[framework]()
process.on('message', () => process.send(process.cpuUsage()))
process.on('SIGTERM', () => process.exit(0))
// Whoever measures is gone.
process.on('disconnect', () => process.exit(0))
