// Requests per second through real HTTP, as ratios to a bare h3 2 app: `npm run bench:http [-- rounds seconds]`.
// Servers take turns in every round, so that a machine that slows down slows all of them. Server and client have a core each.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'

const [rounds = 5, seconds = 2] = process.argv.slice(2).map(Number)
const CONNECTIONS = 16
const names = ['bare', 'memory', 'sqlite', 'express']
const label = {
  bare: 'bare h3 2',
  memory: 'zession, memory',
  sqlite: 'zession, SQLite file',
  express: 'express-session, memory',
}
const script = fileURLToPath(new URL('./http/server.mjs', import.meta.url))
const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0
if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])

async function start(name) {
  const [command, args] = pinned
    ? ['taskset', ['-c', '0', process.execPath, script, name]]
    : [process.execPath, [script, name]]
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [line] = await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${Number(line)}`
  const cookies = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () =>
      (await fetch(`${url}/start`)).headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; '),
    ),
  )
  return { name, child, url, cookies }
}

async function measure({ url, cookies }, route) {
  let connection = 0
  const result = await autocannon({
    url: `${url}/${route}`,
    connections: CONNECTIONS,
    duration: seconds,
    setupClient: (client) => {
      const cookie = cookies[connection++ % cookies.length]
      if (cookie) client.setHeaders({ cookie })
    },
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}/${route}: ${result.non2xx} bad answers, ${result.errors} errors`)
  return result.requests.total / result.duration
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

const servers = await Promise.all(names.map(start))
const figures = Object.fromEntries(names.map((name) => [name, { read: [], write: [] }]))
try {
  for (let round = 0; round <= rounds; round++) {
    for (const route of ['read', 'write']) {
      for (const server of servers) {
        const rate = await measure(server, route)
        if (round > 0) figures[server.name][route].push(rate) // the first round warms up
      }
    }
  }
} finally {
  for (const { child } of servers) child.kill()
}
const ratio = (name, route) => median(figures[name][route].map((rate, i) => rate / figures.bare[route][i]))
console.log(
  `node ${process.version}, ${CONNECTIONS} connections with a session each, ${rounds} rounds of ${seconds} s, ${pinned ? 'a core each for server and client' : 'not pinned'}`,
)
console.log('medians; ratio to bare h3 2 within the same round\n')
console.log('| server | read req/s | ratio | write req/s | ratio |\n| --- | --- | --- | --- | --- |')
for (const name of names) {
  const cells = ['read', 'write'].flatMap((route) => [
    Math.round(median(figures[name][route])).toLocaleString('en'),
    ratio(name, route).toFixed(2),
  ])
  console.log(`| ${label[name]} | ${cells.join(' | ')} |`)
}
