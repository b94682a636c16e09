import { createError, createEvent, defineEventHandler, getQuery, sendRedirect, sendStream } from 'h3'
import { cachedFunction, defineCachedEventHandler, defineCachedFunction } from 'nitropack/runtime'
import { useSession } from 'zession/h3'
import { look } from '../shared/look.mjs'
import { appSession, brokenSession } from '../shared/session.mjs'

const ask = (event) => look(event, event.context.params.how)
const byKey = defineCachedFunction(ask, { maxAge: 60, name: 'byKey', getKey: (event) => `key${event.path}` })
const byEvent = cachedFunction(ask, { maxAge: 60, name: 'byEvent' })
const byValue = defineCachedFunction(async (user) => ({ page: `for ${user}` }), { name: 'byValue', getKey: String })
const cached = defineCachedEventHandler(() => ({ page: 'for all' }), { maxAge: 60 })

const stream = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('streamed'))
      controller.close()
    },
  })

const withoutCookie = (event) =>
  new Proxy(event.node.req, { get: (req, name) => (name === 'headers' ? {} : Reflect.get(req, name)) })

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
    throw createError({ statusCode: 422, message: 'refused' })
  },
  redirect: async (event) => {
    await changed(event)
    return sendRedirect(event, '/me')
  },
  response: async (event) => {
    await changed(event)
    return Response.redirect('http://localhost/me')
  },
  stream: async (event) => {
    await changed(event)
    return sendStream(event, stream())
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
    await Promise.resolve(cached(event))
    return look(event, 'write')
  },
  inner: async (event) => ({
    plain: await $fetch('/me'),
    forwarded: await event.$fetch('/me'),
    context: await event.$fetch('/me', { headers: { cookie: '' } }),
    outer: await look(event, 'use'),
  }),
  proxied: (event) => look(createEvent(withoutCookie(event), event.node.res), event.context.params.how),
  spread: (event) => look({ ...event, node: { ...event.node, req: withoutCookie(event) } }, event.context.params.how),
}

export default defineEventHandler(async (event) => {
  const route = routes[event.context.params.what]
  if (!route) throw createError({ statusCode: 404 })
  return (await route(event)) ?? { ok: true }
})
