// Sessions in their cookies, as ratios to a bare h3 2 app, through real HTTP: npm run build && node bench/cookie.mjs [rounds seconds]
// Servers take turns in every round. Peers are measured where they are installed.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { schema, user } from './http/session.mjs'

const SECRET = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'
const CONNECTIONS = 16

const servers = {
  bare: { label: 'bare h3 2', make: bare },
  cookie: { label: 'zession, cookieStore()', make: () => zession({}) },
  signed: { label: 'zession, cookieStore({ encrypt: false })', make: () => zession({ encrypt: false }) },
  revocations: {
    label: 'zession, cookieStore({ revocations: memory })',
    make: async () => zession({ revocations: (await import('../dist/index.js')).memoryStore() }),
  },
  h3: { label: "h3 2's own useSession", make: h3Session },
  iron: { label: 'iron-session on node', make: ironSession, needs: 'iron-session' },
}

async function bare() {
  const { H3, toNodeHandler } = await import('h3-v2')
  const app = new H3()
  app.get('/start', () => ({ ok: true }))
  app.get('/read', () => ({ userId: user.userId }))
  app.get('/write', () => ({ n: 1 }))
  return toNodeHandler(app)
}

async function zession(options) {
  const { H3, toNodeHandler } = await import('h3-v2')
  const { defineSession } = await import('../dist/index.js')
  const { installSessions, useSession } = await import('../dist/h3/index.js')
  const { cookieStore } = await import('../dist/stores/cookie.js')
  const store = cookieStore({ secrets: SECRET, ...options })
  const appSession = defineSession(schema, { store, cookie: { secure: false } })
  const app = new H3()
  installSessions(app)
  app.get('/start', async (event) => {
    const session = await useSession(event, appSession)
    session.assign(user)
    return { ok: true }
  })
  app.get('/read', async (event) => ({ userId: (await useSession(event, appSession)).get('userId') }))
  app.get('/write', async (event) => {
    const session = await useSession(event, appSession)
    session.update('n', (n) => n + 1)
    return { n: session.get('n') }
  })
  return toNodeHandler(app)
}

async function h3Session() {
  const { H3, toNodeHandler, useSession } = await import('h3-v2')
  const app = new H3()
  const open = (event) => useSession(event, { password: SECRET, cookie: { secure: false } })
  app.get('/start', async (event) => (await open(event)).update({ ...user, n: 0 }).then(() => ({ ok: true })))
  app.get('/read', async (event) => ({ userId: (await open(event)).data.userId }))
  app.get('/write', async (event) => {
    const session = await open(event)
    await session.update({ n: session.data.n + 1 })
    return { n: session.data.n }
  })
  return toNodeHandler(app)
}

async function ironSession() {
  const { getIronSession } = await import(servers.iron.needs)
  const open = (req, res) =>
    getIronSession(req, res, { password: SECRET, cookieName: 'session', cookieOptions: { secure: false } })
  return async (req, res) => {
    const session = await open(req, res)
    if (req.url === '/start') Object.assign(session, user, { n: 0 })
    if (req.url === '/write') session.n++
    if (req.url !== '/read') await session.save()
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify(req.url === '/read' ? { userId: session.userId } : { n: session.n }))
  }
}

const [first = '5', seconds = '2'] = process.argv.slice(2)
if (process.send) await serve(first)
else await compare(Number(first))

async function serve(name) {
  const server = createServer(await servers[name].make()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.on('message', () => process.send({ cpu: process.cpuUsage() }))
  process.on('disconnect', () => process.exit(0))
  process.send({ port: server.address().port })
}

async function compare(rounds) {
  const { default: autocannon } = await import('autocannon')
  const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0
  if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])
  const running = []
  for (const [name, { label, needs }] of Object.entries(servers)) {
    if (needs && !(await import(needs).catch(() => undefined))) continue
    const command = [process.execPath, fileURLToPath(import.meta.url), name]
    const [file, ...args] = pinned ? ['taskset', '-c', '0', ...command] : command
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    })
    const [{ port }] = await once(child, 'message')
    const url = `http://127.0.0.1:${port}`
    const cookies = await Promise.all(Array.from({ length: CONNECTIONS }, () => cookieFrom(`${url}/start`)))
    running.push({ name, label, child, url, cookies, read: [], write: [] })
  }

  async function cookieFrom(url) {
    return (await fetch(url)).headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
  }

  async function cpuOf(child) {
    child.send('cpu')
    const [{ cpu }] = await once(child, 'message')
    return cpu.user + cpu.system
  }

  async function measure({ url, cookies, child }, route) {
    let connection = 0
    const before = await cpuOf(child)
    const result = await autocannon({
      url: `${url}/${route}`,
      connections: CONNECTIONS,
      duration: Number(seconds),
      setupClient: (client) => {
        const cookie = cookies[connection++ % cookies.length]
        if (cookie) client.setHeaders({ cookie })
      },
    })
    if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}/${route}: bad answers`)
    const { total } = result.requests
    return { rate: total / result.duration, cpu: ((await cpuOf(child)) - before) / total }
  }

  try {
    for (let round = 0; round <= rounds; round++)
      for (const route of ['read', 'write'])
        for (const server of running) {
          const figure = await measure(server, route)
          if (round > 0) server[route].push(figure) // the first round warms up
        }
  } finally {
    for (const { child } of running) child.disconnect()
  }
  const [base] = running
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
  console.log('| server | read | µs | write | µs |\n| --- | --- | --- | --- | --- |')
  for (const server of running) {
    const cells = ['read', 'write'].flatMap((route) => {
      const ratios = server[route].map(({ rate }, i) => rate / base[route][i].rate)
      return [median(ratios).toFixed(2), median(server[route].map(({ cpu }) => cpu)).toFixed(0)]
    })
    console.log(`| ${server.label} | ${cells.join(' | ')} |`)
  }
}
