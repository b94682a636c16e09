import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { useSession, withSessions } from 'zession/web'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(
  (c, definition) => useSession(c.req.raw, definition),
  (c) => c.req.path,
)
const app = new Hono()
app.use(csrf.middleware)
for (const [path, make] of Object.entries(read)) app.get(path, async (c) => c.text(await make(c)))
for (const [path, make] of Object.entries(act)) app.post(path, async (c) => c.text(await make(c)))
app.post('/echo', async (c) => {
  const isJson = c.req.header('content-type')?.includes('json')
  return c.text(noted(isJson ? await c.req.json() : await c.req.parseBody()))
})
app.onError((error, c) => c.json({ code: error.code }, error.status ?? 500))

export const listen = () =>
  new Promise((resolve) => {
    serve({ fetch: withSessions(app.fetch), port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
  })
