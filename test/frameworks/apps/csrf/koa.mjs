import Koa from 'koa'
import { koaBody } from 'koa-body'
import { koaSessions, useSession } from 'zession/node'
import { noted, siteOf } from './site.mjs'

const { csrf, read, act } = siteOf(useSession, (ctx) => ctx.path)
const app = new Koa()
app.silent = true
app.use(koaSessions())
app.use(koaBody({ multipart: true }))
app.use(csrf.middleware)
app.use(async (ctx) => {
  if (ctx.path === '/echo') ctx.body = noted(ctx.request.body)
  else ctx.body = await (ctx.method === 'POST' ? act : read)[ctx.path](ctx)
})

export const listen = () =>
  new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server.address().port))
  })
