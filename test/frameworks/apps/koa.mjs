import { Readable } from 'node:stream'
import Koa from 'koa'
import { koaSessions, useSession } from 'zession/node'
import { appSession, brokenSession, page } from './session.mjs'

const app = new Koa()
app.silent = true
app.use(async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    if (ctx.path === '/out') throw error
    ctx.status = error.status ?? 500
    ctx.body = { status: ctx.status, statusCode: error.statusCode, code: error.code }
  }
})
app.use(koaSessions())
const change = async (ctx, definition = appSession) =>
  (await useSession(ctx, definition)).set('user', ctx.query.user ?? 'someone')
const routes = {
  '/me': async (ctx) => (ctx.body = { user: (await useSession(ctx, appSession)).get('user') ?? null }),
  '/json': async (ctx) => (await change(ctx), (ctx.body = { page })),
  '/text': async (ctx) => (await change(ctx), (ctx.body = page)),
  '/redirect': async (ctx) => (await change(ctx), ctx.redirect('/me')),
  '/empty': async (ctx) => (await change(ctx), (ctx.status = 204)),
  '/stream': async (ctx) => (await change(ctx), (ctx.body = Readable.from([page, page]))),
  '/raw': async (ctx) => (await change(ctx), (ctx.respond = false), ctx.res.writeHead(200).end(page)),
  '/throw': async (ctx) => (await change(ctx), ctx.throw(422, 'refused')),
  '/boom': async (ctx) => {
    await change(ctx)
    throw new Error('a bug')
  },
  '/out': async (ctx) => {
    await (await useSession(ctx, appSession)).destroy()
    throw new Error('a bug')
  },
  '/fail': async (ctx) => (await change(ctx, brokenSession), ctx.set('location', '/x'), (ctx.body = { page })),
  '/failstream': async (ctx) => (await change(ctx, brokenSession), (ctx.body = Readable.from([page, page]))),
  '/failraw': async (ctx) => (await change(ctx, brokenSession), (ctx.respond = false), ctx.res.end(page)),
  '/failsave': async (ctx) => {
    const session = await useSession(ctx, brokenSession)
    session.set('user', 'lost')
    await session.save()
  },
}
app.use(async (ctx) => {
  if (ctx.query.opened) await change(ctx)
  await routes[ctx.path]?.(ctx)
})

export const listen = () =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
