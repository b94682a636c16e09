import { serverFetch } from 'nitro/app'
import { defineCachedFunction, defineCachedHandler } from 'nitro/cache'
import { defineHandler, fetchWithEvent, getQuery, H3Event, HTTPError, proxyRequest, redirect } from 'nitro/h3'
import { useSession } from 'zession/h3'
import { look } from '../shared/look.mjs'
import { appSession, brokenSession } from '../shared/session.mjs'

const ask = (event) => look(event, event.context.params.how)
const byKey = defineCachedFunction(ask, { maxAge: 60, name: 'byKey', getKey: (event) => `key${event.url.pathname}` })
const byEvent = defineCachedFunction(ask, { maxAge: 60, name: 'byEvent' })
const byValue = defineCachedFunction(async (user) => ({ page: `for ${user}` }), { name: 'byValue', getKey: String })
const cached = defineCachedHandler(() => ({ page: 'for all' }), { maxAge: 60 })

const stream = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('streamed'))
      controller.close()
    },
  })

const withoutCookie = (event) => new Request(event.req.url, { headers: { host: 'localhost' } })

async function changed(event) {
  const session = await useSession(event, appSession)
  session.set('user', String(getQuery(event).user ?? 'someone'))
}

const routes = {
  login: changed,
  me: (event) => look(event, 'use'),
  json: changed,
  throw: async (event) => {
    await changed(event)
    throw new HTTPError({ status: 422, message: 'refused' })
  },
  redirect: async (event) => {
    await changed(event)
    return redirect('/me')
  },
  response: async (event) => {
    await changed(event)
    return Response.redirect('http://localhost/me')
  },
  stream: async (event) => {
    await changed(event)
    return new Response(stream())
  },
  webstream: async (event) => {
    await changed(event)
    return stream()
  },
  fail: async (event) => {
    const session = await useSession(event, brokenSession)
    session.set('user', 'lost')
    return 'never seen'
  },
  function: byKey,
  functionevent: byEvent,
  functionvalue: async (event) => byValue((await useSession(event, appSession)).get('user') ?? 'anyone'),
  after: async (event) => {
    const session = await useSession(event, appSession)
    await cached(event)
    session.update('visits', (visits) => visits + 1)
    return { user: session.get('user') ?? null }
  },
  inner: async (event) => ({
    plain: await (await serverFetch('/me')).json(),
    forwarded: await (await fetchWithEvent(event, '/me')).json(),
    context: await (await serverFetch('/me', {}, event.context)).json(),
    outer: await look(event, 'use'),
  }),
  proxy: (event) => proxyRequest(event, '/me'),
  proxied: (event) => look(new H3Event(withoutCookie(event), event.context), event.context.params.how),
  spread: (event) => look({ ...event, req: withoutCookie(event) }, event.context.params.how),
}

export default defineHandler(async (event) => {
  const route = routes[event.context.params.what]
  if (!route) throw new HTTPError({ status: 404 })
  return (await route(event)) ?? { ok: true }
})
