import { createServer } from 'node:http'
import { H3, toNodeHandler } from 'h3-v2'
import { installSessions, useSession } from 'zession/h3'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(useSession, (event) => event.url.pathname)
const app = new H3()
installSessions(app)
app.use(csrf.middleware)
for (const [path, make] of Object.entries(read)) app.get(path, make)
for (const [path, make] of Object.entries(act)) app.post(path, make)
app.post('/echo', async (event) => {
  const isJson = event.req.headers.get('content-type')?.includes('json')
  return noted(isJson ? await event.req.json() : Object.fromEntries(await event.req.formData()))
})

export const listen = () =>
  new Promise((resolve) => {
    const server = createServer(toNodeHandler(app)).listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
