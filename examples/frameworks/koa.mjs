//   npm install zession zod koa
import Koa from 'koa'
import { defineSession } from 'zession'
import { koaSessions, useSession } from 'zession/node'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional(), visits: z.number().default(0) }))

const app = new Koa()
app.use(async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    ctx.status = error.status ?? 500
    ctx.body = { code: error.code }
  }
})
app.use(koaSessions())

app.use(async (ctx) => {
  const session = await useSession(ctx, appSession)
  if (ctx.method === 'POST' && ctx.path === '/login') {
    await session.regenerate()
    session.set('user', 'ann')
    ctx.redirect('/')
  } else if (ctx.method === 'POST' && ctx.path === '/logout') {
    await session.destroy()
    ctx.redirect('/')
  } else {
    session.update('visits', (visits) => visits + 1)
    ctx.body = { user: session.get('user'), visits: session.get('visits') }
  }
})

app.listen(process.env.PORT ?? 3000)
