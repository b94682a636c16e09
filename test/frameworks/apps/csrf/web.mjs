import { serve } from '@hono/node-server'
import { useSession, withSessions } from 'zession/web'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(useSession, (request) => new URL(request.url).pathname)
const fetch = withSessions(async (request) => {
  await csrf.verify(request)
  const { pathname } = new URL(request.url)
  if (pathname === '/echo') {
    const isJson = request.headers.get('content-type')?.includes('json')
    return new Response(noted(isJson ? await request.json() : Object.fromEntries(await request.formData())))
  }
  return new Response(await (request.method === 'POST' ? act : read)[pathname](request))
})

export const listen = () =>
  new Promise((resolve) => {
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
  })
