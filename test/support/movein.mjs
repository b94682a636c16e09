// An old app with users who are logged in, replaced server by server by one on zession, under load.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { RedisStore } from 'connect-redis'
import express from 'express'
import expressSession from 'express-session'
import { createClient } from 'redis'
import { defineSession } from 'zession'
import { expressSession as readExpressSession } from 'zession/adopt/express-session'
import { gorillaSessions } from 'zession/adopt/gorilla'
import { sessions, useSession } from 'zession/node'
import { redisStore } from 'zession/stores/redis'
import { z } from 'zod'
import { buildGo } from './go.mjs'

const secret = 'the-secret-of-the-old-app-0123456789'

/** @type {typeof import('./movein.mjs').moveExpress} */
export async function moveExpress(options) {
  const client = createClient({ url: options.url })
  await client.connect()
  const counts = await move(options, {
    reader: readExpressSession({ secret, store: new RedisStore({ client }) }),
    serveOld: () => serve(oldApp(client)),
  })
  for await (const keys of client.scanIterator({ MATCH: 'sess:*', COUNT: 1000 })) counts.oldLeft += [keys].flat().length
  await client.close()
  return counts
}

/** @type {typeof import('./movein.mjs').moveGo} */
export async function moveGo(options) {
  const go = buildGo(new URL('./movein-go/', import.meta.url))
  if (!go) return undefined
  const [hash, block] = ['the-hash-key-of-the-old-app', '0123456789abcdef0123456789abcdef']
  try {
    return await move(options, {
      reader: gorillaSessions({ name: 'app', keys: [{ hash, block }] }),
      async serveOld() {
        const { port, stop } = await go.serve(hash, block)
        return slotAt(port, stop)
      },
    })
  } finally {
    go.remove()
  }
}

async function move({ url, users, servers, visits, old = 'keep' }, { reader, serveOld }) {
  const counts = {
    users,
    visits: 0,
    logouts: 0,
    cartsLost: 0,
    failed: 0,
    adopted: 0,
    refused: 0,
    oldLeft: 0,
    oldCookies: 0,
  }
  const definition = defineSession(
    z.object({ userId: z.number().int().optional(), cart: z.array(z.string()).default([]) }),
    {
      name: 'moved',
      store: redisStore({ url }),
      secrets: ['a-secret-of-the-new-app-0123456789-abcdefgh'],
      subject: 'userId',
      adopt: [
        {
          reader,
          until: new Date(Date.now() + 86_400_000),
          old,
        },
      ],
      hooks: {
        adopted({ refused }) {
          counts.adopted++
          counts.refused += refused.length
        },
      },
    },
  )
  const slots = await Promise.all(Array.from({ length: servers }, serveOld))
  const clients = Array.from({ length: users }, (_, id) => ({ id, cookies: new Map(), cart: [] }))

  await inParallel(clients, 32, (user) => visit(user, `/login?user=${user.id}`))
  let isOver = false
  const load = Promise.all(
    Array.from({ length: 16 }, async (_, lane) => {
      for (let at = lane; !isOver || counts.visits < visits; at += 16) await add(clients[at % users])
    }),
  )
  // One server after the other: a user stays with a server, as balancers do it, and so never goes back to an old one.
  for (let slot = 0; slot < servers; slot++) {
    while (counts.visits < ((slot + 1) * visits) / (servers + 1)) await new Promise((resolve) => setTimeout(resolve, 5))
    const before = slots[slot]
    slots[slot] = await serve(newApp(definition))
    await before.drained()
  }
  isOver = true
  await load
  // Everybody once more, five times at once.
  await inParallel(clients, 8, (user) => Promise.all(Array.from({ length: 5 }, () => visit(user, '/'))))
  const left = clients.filter(({ cookies }) => [...cookies.keys()].some((name) => reader.cookies.includes(name)))
  counts.oldCookies = left.length
  for (const slot of slots) await slot.drained()
  await definition.close()
  return counts

  async function add(user) {
    if (user.busy) return
    user.busy = true
    const item = `item-${counts.visits}`
    const seen = await visit(user, `/?add=${item}`, true)
    if (seen) user.cart.push(item)
    user.busy = false
  }

  async function visit(user, path, isAdding = false) {
    counts.visits++
    const cookie = [...user.cookies].map((pair) => pair.join('=')).join('; ')
    const response = await slots[user.id % servers].fetch(path, { headers: { cookie } })
    for (const line of response.cookies) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s)
      if (value === '') user.cookies.delete(name)
      else user.cookies.set(name, value)
    }
    if (response.status !== 200) {
      counts.failed++
      return undefined
    }
    const seen = JSON.parse(response.body)
    if (seen.userId !== user.id) counts.logouts++
    const kept = isAdding ? seen.cart.slice(0, -1) : seen.cart
    if (kept.join() !== user.cart.join()) counts.cartsLost++
    return seen
  }
}

function oldApp(client) {
  const app = express()
  app.use(
    expressSession({
      secret,
      resave: false,
      saveUninitialized: false,
      rolling: true,
      store: new RedisStore({ client }),
      cookie: { maxAge: 3_600_000 },
    }),
  )
  app.get('/login', (req, res) => {
    req.session.userId = Number(req.query.user)
    req.session.cart = []
    res.json({ userId: req.session.userId, cart: [] })
  })
  app.get('/', (req, res) => {
    if (req.query.add) req.session.cart?.push(req.query.add)
    res.json({ userId: req.session.userId, cart: req.session.cart ?? [] })
  })
  return app
}

function newApp(definition) {
  const app = express()
  app.use(sessions())
  app.get('/', async (req, res) => {
    const session = await useSession(req, definition)
    if (req.query.add) session.update('cart', (cart) => [...cart, req.query.add])
    res.json({ userId: session.get('userId'), cart: session.get('cart') })
  })
  return app
}

async function serve(app) {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.keepAliveTimeout = 120_000
  return slotAt(port, async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
}

/** A place behind the balancer. @param stop ends the server, which nobody sends anything any more */
function slotAt(port, stop) {
  let inFlight = 0
  return {
    async fetch(path, init) {
      inFlight++
      try {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
        const body = await response.text()
        return { status: response.status, cookies: response.headers.getSetCookie(), body }
      } finally {
        inFlight--
      }
    },
    /** Answers what it has begun, and ends. */
    async drained() {
      while (inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await stop()
    },
  }
}

async function inParallel(items, width, run) {
  const queue = [...items]
  const lane = async () => {
    for (let item = queue.pop(); item; item = queue.pop()) await run(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}
