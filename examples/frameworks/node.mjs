//   npm install zession zod
import { createServer } from 'node:http'
import { defineSession } from 'zession'
import { sessions, useSession } from 'zession/node'
import { z } from 'zod'

const appSession = defineSession(z.object({ user: z.string().optional(), visits: z.number().default(0) }))
const install = sessions()

async function handle(req, res) {
  const session = await useSession(req, appSession)
  if (req.method === 'POST' && req.url === '/login') {
    await session.regenerate()
    session.set('user', 'ann')
    res.writeHead(303, { location: '/' }).end()
  } else if (req.method === 'POST' && req.url === '/logout') {
    await session.destroy()
    res.writeHead(303, { location: '/' }).end()
  } else {
    session.update('visits', (visits) => visits + 1)
    res.end(JSON.stringify({ user: session.get('user'), visits: session.get('visits') }))
  }
}

createServer((req, res) => {
  install(req, res)
  handle(req, res).catch((error) => res.writeHead(error.status ?? 500).end(error.code))
}).listen(process.env.PORT ?? 3000)
