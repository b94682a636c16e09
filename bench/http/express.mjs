// The most used peer, on the framework it is made for.
import { user } from './session.mjs'

/** @param redisUrl the built-in memory store without one, connect-redis with one */
export async function expressSession(redisUrl) {
  const { default: express } = await import('express')
  const { default: session } = await import('express-session')
  const app = express()
  const store = redisUrl && (await connectRedis(redisUrl))
  app.use(
    session({ secret: 'bench-only-secret', resave: false, saveUninitialized: false, ...(store ? { store } : {}) }),
  )
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
}

async function connectRedis(url) {
  const [{ RedisStore }, { createClient }] = await Promise.all([import('connect-redis'), import('redis')])
  const client = createClient({ url })
  await client.connect()
  // A session that has not changed is not touched by ours either, within `touchAfter`.
  return new RedisStore({ client, disableTouch: true })
}
