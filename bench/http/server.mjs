// One server of the comparison: `node server.mjs NAME [URL]`. Prints its port, serves /start, /read and /write, and answers
// a message with the processor time it has used. `BENCH_DIST` names another build of zession than the one in `dist`.
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { schema, user } from './session.mjs'

const [name, url] = process.argv.slice(2)
const dist = process.env.BENCH_DIST
const built = (file) => import(dist ? pathToFileURL(join(dist, file)).href : `../../dist/${file}`)
const floor = () => import('./floor.mjs')
const peer = () => import('./express.mjs')
const cookies = () => import('./cookies.mjs')
const inCookies = async (options) =>
  zession({ store: (await built('stores/cookie.js')).cookieStore({ secrets: (await cookies()).SECRET, ...options }) })

const servers = {
  bare,
  'memory-floor': async () => (await floor()).memoryFloor(),
  memory: async () => zession({ store: (await built('stores/memory.js')).memoryStore() }),
  sealed: async () =>
    zession({
      store: (await built('stores/memory.js')).memoryStore(),
      encrypt: true,
      secrets: 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr',
    }),
  'express-memory': async () => (await peer()).expressSession(),
  'redis-floor': async () => (await floor()).redisFloor(url),
  redis: async () => zession({ store: (await built('stores/redis.js')).redisStore({ url }) }),
  'express-redis': async () => (await peer()).expressSession(url),
  postgres: async () => zession({ store: (await built('stores/postgres.js')).postgresStore({ url }) }),
  mysql: async () => zession({ store: (await built('stores/mysql.js')).mysqlStore({ url }) }),
  sqlite: async () => {
    const file = join(tmpdir(), `zession-bench-${process.pid}.db`)
    process.on('exit', () => ['', '-wal', '-shm'].forEach((end) => rmSync(file + end, { force: true })))
    return zession({ store: (await built('stores/sqlite.js')).sqliteStore({ url: `file:${file}` }) })
  },
  cookie: () => inCookies({}),
  'cookie-signed': () => inCookies({ encrypt: false }),
  'cookie-revocations': async () => inCookies({ revocations: (await built('stores/memory.js')).memoryStore() }),
  'cookie-h3': async () => (await cookies()).h3Session(),
  'cookie-iron': async () => (await cookies()).ironSession(),
  'cookie-fastify': async () => (await cookies()).secureSession(),
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
  const [{ H3, toNodeHandler }, { defineSession }, { installSessions, useSession }] = await Promise.all([
    import('h3-v2'),
    built('index.js'),
    built('h3/index.js'),
  ])
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
