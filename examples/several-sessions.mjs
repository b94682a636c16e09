// Two sessions of one visitor, each with a schema, a cookie and lifetimes of its own. Logging out leaves the cart alone.
//   npm install zession zod h3@2
//   node several-sessions.mjs
import { H3, serve } from 'h3'
import { defineSession } from 'zession'
import { installSessions, useSession } from 'zession/h3'
import { z } from 'zod'

const MONTH = 30 * 24 * 60 * 60

const login = defineSession(z.object({ user: z.string().optional() }), { name: 'login', idleTimeout: 15 * 60 })

const shop = defineSession(z.object({ cart: z.array(z.string()).default([]) }), {
  name: 'shop',
  maxAge: MONTH,
  idleTimeout: MONTH,
  cookie: { persistent: true },
})

const app = new H3()
installSessions(app)

// Both are stored, side by side, before this response leaves.
app.get('/start', async (event) => {
  const [user, visitor] = await Promise.all([useSession(event, login), useSession(event, shop)])
  user.set('user', 'ann')
  visitor.update('cart', (cart) => [...cart, 'A-1'])
  return 'ok'
})

app.get('/get', async (event) => {
  const [user, visitor] = await Promise.all([useSession(event, login), useSession(event, shop)])
  return { user: user.get('user'), cart: visitor.get('cart') }
})

app.get('/logout', async (event) => {
  const user = await useSession(event, login)
  await user.destroy()
  return 'ok'
})

serve(app)
