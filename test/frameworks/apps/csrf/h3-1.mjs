import { createServer } from 'node:http'
import { createApp, eventHandler, getRequestHeader, readBody, readFormData, toNodeListener } from 'h3'
import { installSessions, useSession } from 'zession/h3'
import { noted, siteOf } from './site.mjs'

const bodyOf = async (event) => {
  const isMultipart = getRequestHeader(event, 'content-type')?.startsWith('multipart/')
  return isMultipart ? Object.fromEntries(await readFormData(event)) : await readBody(event)
}
const { csrf, read, act } = siteOf(useSession, (event) => event.path, {
  readToken: async (event) => (event.context.body = await bodyOf(event))?._csrf,
})
const app = createApp()
installSessions(app)
app.use(eventHandler(csrf.middleware))
app.use(
  eventHandler(async (event) => {
    if (event.path === '/echo') return noted(event.context.body ?? (await bodyOf(event)))
    return (event.method === 'POST' ? act : read)[event.path](event)
  }),
)

export const listen = () =>
  new Promise((resolve) => {
    const server = createServer(toNodeListener(app)).listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
