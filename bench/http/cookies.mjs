// Whole sessions in their cookies, by others: h3's own on h3 2, iron-session on node, @fastify/secure-session on Fastify. The two
// packages are those of bench/frameworks.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { user } from './session.mjs'

export const SECRET = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'

const installed = createRequire(new URL('../frameworks/package.json', import.meta.url))
const peer = (name) => import(pathToFileURL(installed.resolve(name)).href)

export async function h3Session() {
  const { H3, toNodeHandler, useSession } = await import('h3-v2')
  const app = new H3()
  const open = (event) => useSession(event, { password: SECRET, cookie: { secure: false } })
  app.get('/start', async (event) => (await open(event)).update({ ...user, n: 0 }).then(() => ({ ok: true })))
  app.get('/read', async (event) => ({ userId: (await open(event)).data.userId }))
  app.get('/write', async (event) => {
    const session = await open(event)
    await session.update({ n: session.data.n + 1 })
    return { n: session.data.n }
  })
  return toNodeHandler(app)
}

export async function ironSession() {
  const { getIronSession } = await peer('iron-session')
  const options = { password: SECRET, cookieName: 'session', cookieOptions: { secure: false } }
  return async (req, res) => {
    const session = await getIronSession(req, res, options)
    if (req.url === '/start') Object.assign(session, user, { n: 0 })
    if (req.url === '/write') session.n++
    if (req.url !== '/read') await session.save()
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify(req.url === '/read' ? { userId: session.userId } : { n: session.n }))
  }
}

export async function secureSession() {
  const [{ default: fastify }, { default: plugin }] = await Promise.all([
    peer('fastify'),
    peer('@fastify/secure-session'),
  ])
  const app = fastify()
  await app.register(plugin, { key: Buffer.alloc(32, SECRET), cookie: { path: '/', secure: false } })
  app.get('/start', async ({ session }) => {
    for (const [key, value] of Object.entries({ ...user, n: 0 })) session.set(key, value)
    return { ok: true }
  })
  app.get('/read', async ({ session }) => ({ userId: session.get('userId') }))
  app.get('/write', async ({ session }) => {
    session.set('n', session.get('n') + 1)
    return { n: session.get('n') }
  })
  await app.ready()
  return (req, res) => app.routing(req, res)
}
