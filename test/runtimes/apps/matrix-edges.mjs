// How each framework serves `answer(path, use)`; each function returns its port.
import { createServer } from 'node:http'
import * as byH3 from 'zession/h3'
import * as byNode from 'zession/node'
import * as byWeb from 'zession/web'

const host = '127.0.0.1'
const listen = (listener) =>
  new Promise((resolve) => {
    const server = createServer(listener).listen(0, host, () => resolve(server.address().port))
  })
const overNode = (answer, req) => answer(req.url, (definition) => byNode.useSession(req, definition))
const overWeb = (answer, request) =>
  answer(new URL(request.url).pathname, (definition) => byWeb.useSession(request, definition))
const overH3 = (answer, event, path) => answer(path, (definition) => byH3.useSession(event, definition))

export const serveBy = {
  'node:http'(answer) {
    const install = byNode.sessions()
    return listen((req, res) => {
      install(req, res)
      overNode(answer, req).then(
        (body) => res.end(JSON.stringify(body)),
        (error) => res.writeHead(500).end(String(error)),
      )
    })
  },
  async express(answer) {
    const { default: express } = await import('express')
    const app = express()
    app.use(byNode.sessions())
    app.use(async (req, res) => res.json(await overNode(answer, req)))
    return listen(app)
  },
  async fastify(answer) {
    const { default: fastify } = await import('fastify')
    const app = fastify()
    await app.register(byNode.fastifySessions)
    app.get('/*', (request) => answer(request.url, (definition) => byNode.useSession(request, definition)))
    await app.listen({ port: 0, host })
    return app.server.address().port
  },
  async koa(answer) {
    const { default: Koa } = await import('koa')
    const app = new Koa()
    app.use(byNode.koaSessions())
    app.use(async (ctx) => {
      ctx.body = await answer(ctx.path, (definition) => byNode.useSession(ctx, definition))
    })
    return listen(app.callback())
  },
  async hono(answer) {
    const { Hono } = await import('hono')
    const app = new Hono()
    app.get('/*', async (c) => c.json(await overWeb(answer, c.req.raw)))
    return listenWeb(byWeb.withSessions(app.fetch))
  },
  async 'h3 1'(answer) {
    const { createApp, eventHandler, toNodeListener } = await import('h3')
    const app = createApp()
    byH3.installSessions(app)
    app.use(eventHandler((event) => overH3(answer, event, event.path)))
    return listen(toNodeListener(app))
  },
  async 'h3 2'(answer) {
    const { H3 } = await import('h3-v2')
    const app = new H3()
    byH3.installSessions(app)
    app.get('/**', (event) => overH3(answer, event, event.url.pathname))
    return listenWeb((request) => app.fetch(request))
  },
  fetch: (answer) => listenWeb(byWeb.withSessions(async (request) => Response.json(await overWeb(answer, request)))),
}

/** By the runtime's own server of web requests. */
async function listenWeb(fetch) {
  if (globalThis.Bun) return Bun.serve({ port: 0, hostname: host, fetch: (request) => fetch(request) }).port
  if (globalThis.Deno)
    return Deno.serve({ port: 0, hostname: host, onListen() {} }, (request) => fetch(request)).addr.port
  const { serve } = await import('@hono/node-server')
  return new Promise((resolve) => serve({ fetch, port: 0, hostname: host }, ({ port }) => resolve(port)))
}
