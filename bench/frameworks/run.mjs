// What a session costs on top of a bare framework, beside the session library that is usual there, each with its store in
// memory:
//   npm run build && npm ci --prefix bench/frameworks && node bench/frameworks/run.mjs [rounds] [requests]
// Servers take turns in every round. Processor time per request is what is told: it stays what it is where other work shares
// the machine, as far as anything does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'

const [rounds, requests] = [Number(process.argv[2] ?? 7), Number(process.argv[3] ?? 3000)]
const PARALLEL = 16
const frameworks = {
  express: 'express-session',
  fastify: '@fastify/session',
  hono: 'hono-sessions',
}
const kinds = ['bare', 'zession', 'usual']
const routes = ['read', 'write']
const script = fileURLToPath(new URL('./server.mjs', import.meta.url))
const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL })

async function serve(framework, kind) {
  const child = spawn(process.execPath, [script, framework, kind], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [line] = await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${Number(line)}`
  const cookies = await Promise.all(Array.from({ length: PARALLEL }, () => start(`${url}/start`)))
  return { framework, kind, child, url, cookies }
}

async function start(url) {
  const lines = (await fetch(url)).headers.getSetCookie()
  return lines.map((line) => line.split(';')[0]).join('; ')
}

function ask(url, cookie) {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: cookie ? { cookie } : {} }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.resume().on('end', resolve)
    }).on('error', reject)
  })
}

async function processorTime(child) {
  child.send('cpu')
  const [{ user, system }] = await once(child, 'message')
  return user + system
}

/** Microseconds of processor time for one request. */
async function measure({ url, cookies, child }, route) {
  const before = await processorTime(child)
  let left = requests
  const visitor = async (cookie) => {
    while (left-- > 0) await ask(`${url}/${route}`, cookie)
  }
  await Promise.all(cookies.map(visitor))
  return ((await processorTime(child)) - before) / requests
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const servers = []
const figures = {}
try {
  for (const framework of Object.keys(frameworks)) for (const kind of kinds) servers.push(await serve(framework, kind))
  for (let round = 0; round <= rounds; round++) {
    for (const route of routes) {
      for (const server of servers) {
        const figure = await measure(server, route)
        // The first round warms up.
        if (round > 0) ((figures[`${server.framework} ${server.kind}`] ??= {})[route] ??= []).push(figure)
      }
    }
  }
} finally {
  for (const { child } of servers) child.kill()
  agent.destroy()
}

console.log(
  `node ${process.version}; ${PARALLEL} sessions, ${rounds} rounds of ${requests} requests; medians, in µs of processor time`,
)
console.log('\n| | read | over the bare framework | write | over the bare framework |\n| --- | --- | --- | --- | --- |')
for (const [framework, usual] of Object.entries(frameworks)) {
  const labels = {
    bare: `bare ${framework}`,
    zession: `${framework} with zession`,
    usual: `${framework} with ${usual}`,
  }
  for (const kind of kinds) {
    const cells = routes.flatMap((route) => {
      const own = figures[`${framework} ${kind}`][route]
      const over = own.map((figure, i) => figure - figures[`${framework} bare`][route][i])
      return [median(own).toFixed(0), kind === 'bare' ? '' : `+${median(over).toFixed(0)}`]
    })
    console.log(`| ${labels[kind]} | ${cells.join(' | ')} |`)
  }
}
