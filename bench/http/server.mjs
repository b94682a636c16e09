// One server of the comparison: `node server.mjs NAME`. Prints its port, and serves /read and /write.
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { installSessions, useSession } from '../../dist/h3/index.js'
import { defineSession, memoryStore } from '../../dist/index.js'

const schema = z.object({
  userId: z.string().optional(),
  email: z.string().optional(),
  roles: z.array(z.string()).default([]),
  cart: z.array(z.object({ sku: z.string(), qty: z.number() })).default([]),
  n: z.number().default(0),
})
const user = {
  userId: randomUUID(),
  email: 'someone@example.org',
  roles: ['admin', 'editor'],
  cart: [
    { sku: 'A-1', qty: 2 },
    { sku: 'B-7', qty: 1 },
  ],
}

const servers = {
  bare: async () => (await h3App(() => {})).listener,
  memory: () => zession(memoryStore()),
  sqlite: async () => {
    const { sqliteStore } = await import('../../dist/stores/sqlite.js')
    const file = join(tmpdir(), `zession-bench-${process.pid}.db`)
    process.on('exit', () => ['', '-wal', '-shm'].forEach((end) => rmSync(file + end, { force: true })))
    return zession(sqliteStore({ url: `file:${file}` }))
  },
  express: async () => {
    const { default: express } = await import('express')
    const { default: session } = await import('express-session')
    const app = express()
    app.use(session({ secret: 'bench-only-secret', resave: false, saveUninitialized: false }))
    app.get('/start', (req, res) => {
      Object.assign(req.session, user, { n: 0 })
      res.json({ ok: true })
    })
    app.get('/read', (req, res) => res.json({ userId: req.session.userId }))
    app.get('/write', (req, res) => {
      req.session.n++
      res.json({ n: req.session.n })
    })
    return app
  },
}

async function h3App(setUp) {
  const { H3, toNodeHandler } = await import('h3-v2')
  const app = new H3()
  setUp(app)
  app.get('/start', () => ({ ok: true }))
  app.get('/read', () => ({ userId: user.userId }))
  app.get('/write', () => ({ n: 1 }))
  return { listener: toNodeHandler(app) }
}

async function zession(store) {
  const { H3, toNodeHandler } = await import('h3-v2')
  const appSession = defineSession(schema, { store, cookie: { secure: false } })
  const app = new H3()
  installSessions(app)
  app.get('/start', async (event) => {
    const session = await useSession(event, appSession)
    for (const [key, value] of Object.entries(user)) session.set(key, value)
    return { ok: true }
  })
  app.get('/read', async (event) => ({ userId: (await useSession(event, appSession)).get('userId') }))
  app.get('/write', async (event) => {
    const session = await useSession(event, appSession)
    session.update('n', (n) => n + 1)
    return { n: session.get('n') }
  })
  return toNodeHandler(app)
}

const listener = await servers[process.argv[2]]()
const server = createServer(listener).listen(0, '127.0.0.1', () => console.log(server.address().port))
process.on('SIGTERM', () => process.exit(0))
