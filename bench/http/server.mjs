// One server of the comparison: `node server.mjs NAME [URL]`. Prints its port, serves /start, /read and /write, and answers
// a message with the processor time it has used.
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installSessions, useSession } from '../../dist/h3/index.js'
import { defineSession, memoryStore } from '../../dist/index.js'
import { schema, user } from './session.mjs'

const [name, url] = process.argv.slice(2)
const floor = () => import('./floor.mjs')
const peer = () => import('./express.mjs')

const servers = {
  bare,
  'memory-floor': async () => (await floor()).memoryFloor(),
  memory: () => zession({ store: memoryStore() }),
  sealed: () =>
    zession({ store: memoryStore(), encrypt: true, secrets: 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr' }),
  'express-memory': async () => (await peer()).expressSession(),
  'redis-floor': async () => (await floor()).redisFloor(url),
  redis: async () => zession({ store: (await import('../../dist/stores/redis.js')).redisStore({ url }) }),
  'express-redis': async () => (await peer()).expressSession(url),
  postgres: async () => zession({ store: (await import('../../dist/stores/postgres.js')).postgresStore({ url }) }),
  sqlite: async () => {
    const file = join(tmpdir(), `zession-bench-${process.pid}.db`)
    process.on('exit', () => ['', '-wal', '-shm'].forEach((end) => rmSync(file + end, { force: true })))
    return zession({ store: (await import('../../dist/stores/sqlite.js')).sqliteStore({ url: `file:${file}` }) })
  },
}

async function bare() {
  const { H3, toNodeHandler } = await import('h3-v2')
  const app = new H3()
  app.get('/start', () => ({ ok: true }))
  app.get('/read', () => ({ userId: user.userId }))
  app.get('/write', () => ({ n: 1 }))
  return toNodeHandler(app)
}

async function zession(options) {
  const { H3, toNodeHandler } = await import('h3-v2')
  const appSession = defineSession(schema, { ...options, cookie: { secure: false } })
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

const listener = await servers[name]()
const server = createServer(listener).listen(0, '127.0.0.1', () => console.log(server.address().port))
process.on('SIGTERM', () => process.exit(0))
process.on('message', () => process.send(process.cpuUsage()))
// Whoever measures is gone.
process.on('disconnect', () => process.exit(0))
