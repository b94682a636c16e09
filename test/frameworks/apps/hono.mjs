import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { HTTPException } from 'hono/http-exception'
import { useSession, withSessions } from 'zession/web'
import { appSession, brokenSession, page } from './session.mjs'

const app = new Hono()
app.use(compress())
const change = async (c, definition = appSession) =>
  (await useSession(c.req.raw, definition)).set('user', c.req.query('user') ?? 'someone')
app.use(async (c, next) => {
  if (c.req.query('opened')) await change(c)
  await next()
})
const streamOf = () => new Blob([page, page]).stream()
app.get('/me', async (c) => c.json({ user: (await useSession(c.req.raw, appSession)).get('user') ?? null }))
app.get('/json', async (c) => (await change(c), c.json({ page })))
app.route(
  '/sub',
  new Hono().get('/json', async (c) => (await change(c), c.json({ page }))),
)
app.get('/text', async (c) => (await change(c), c.text(page)))
app.get('/redirect', async (c) => (await change(c), c.redirect('/me')))
app.get('/empty', async (c) => (await change(c), c.body(null, 204)))
app.get('/stream', async (c) => (await change(c), c.body(streamOf())))
app.get('/throw', async (c) => {
  await change(c)
  throw new HTTPException(422)
})
app.get('/boom', async (c) => {
  await change(c)
  throw new Error('a bug')
})
app.get('/out', async (c) => {
  await (await useSession(c.req.raw, appSession)).destroy()
  throw new Error('a bug')
})
app.get('/fail', async (c) => (await change(c, brokenSession), c.header('location', '/x'), c.json({ page })))
app.get('/failstream', async (c) => (await change(c, brokenSession), c.body(streamOf())))
app.get('/failsave', async (c) => {
  const session = await useSession(c.req.raw, brokenSession)
  session.set('user', 'lost')
  await session.save()
})
const answer = (error) => {
  const { status = 500, statusCode, code } = error
  return Response.json({ status, statusCode, code }, { status })
}
app.onError(answer)

const fetch = withSessions(app.fetch, { onError: answer })
export const listen = () =>
  new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
  })
