// Requests per second through real HTTP, as ratios to a bare h3 2 app:
//   npm run bench:http [-- rounds seconds server...]
// Servers take turns in every round, so that a machine that slows down slows all of them. Node servers have one core, the
// client and the databases the other. Processor time per request is the steadier figure where other work shares the machine.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { hasBinaries, howToGet } from '../test/services/binaries.mjs'
import { startPostgres } from '../test/services/postgres.mjs'
import { startRedis } from '../test/services/redis.mjs'

const [rounds = '5', seconds = '2', ...only] = process.argv.slice(2)
const CONNECTIONS = 16
const rows = [
  { name: 'bare', label: 'bare h3 2' },
  { name: 'memory-floor', label: 'by hand, a Map' },
  { name: 'memory', label: 'zession, memory' },
  { name: 'sealed', label: 'zession, memory, `encrypt: true`' },
  { name: 'express-memory', label: 'express-session on Express, memory' },
  { name: 'redis-floor', label: 'by hand, ioredis GET / SET', service: 'redis' },
  { name: 'redis', label: 'zession, Redis', service: 'redis' },
  { name: 'express-redis', label: 'express-session on Express, connect-redis', service: 'redis' },
  { name: 'postgres', label: 'zession, PostgreSQL', service: 'postgres' },
  { name: 'sqlite', label: 'zession, SQLite file' },
].filter(({ name }) => name === 'bare' || only.length === 0 || only.includes(name))

const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0
if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])
const script = fileURLToPath(new URL('./http/server.mjs', import.meta.url))

/** Not durable: what is measured is this side of the connection. */
const start = { redis: () => startRedis({ durable: false }), postgres: startPostgres }

async function startServices() {
  const services = {}
  for (const service of new Set(rows.flatMap((row) => row.service ?? []))) {
    if (hasBinaries(service)) services[service] = await start[service]()
    else console.error(`without ${service}: ${howToGet[service]}`)
  }
  return services
}

async function serve({ name, service }, services) {
  const command = [process.execPath, script, name, ...(service ? [services[service].url] : [])]
  const [file, ...args] = pinned ? ['taskset', '-c', '0', ...command] : command
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const [line] = await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${Number(line)}`
  const cookies = await Promise.all(Array.from({ length: CONNECTIONS }, () => newCookie(`${url}/start`)))
  return { name, child, url, cookies }
}

async function newCookie(url) {
  const lines = (await fetch(url)).headers.getSetCookie()
  return lines.map((line) => line.split(';')[0]).join('; ')
}

async function cpuMicros(child) {
  child.send('cpu')
  const [{ user, system }] = await once(child, 'message')
  return user + system
}

async function measure({ url, cookies, child }, route) {
  let connection = 0
  const before = await cpuMicros(child)
  const result = await autocannon({
    url: `${url}/${route}`,
    connections: CONNECTIONS,
    duration: Number(seconds),
    setupClient: (client) => {
      const cookie = cookies[connection++ % cookies.length]
      if (cookie) client.setHeaders({ cookie })
    },
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}/${route}: ${result.non2xx} bad answers, ${result.errors} errors`)
  const { total } = result.requests
  return { rate: total / result.duration, cpu: ((await cpuMicros(child)) - before) / total }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

const services = await startServices()
const running = rows.filter(({ service }) => !service || services[service])
const servers = []
const figures = Object.fromEntries(running.map(({ name }) => [name, { read: [], write: [] }]))
try {
  for (const row of running) servers.push(await serve(row, services))
  for (let round = 0; round <= Number(rounds); round++) {
    for (const route of ['read', 'write']) {
      for (const server of servers) {
        const figure = await measure(server, route)
        if (round > 0) figures[server.name][route].push(figure) // the first round warms up
      }
    }
  }
} finally {
  for (const { child } of servers) child.kill()
  for (const service of Object.values(services)) await service.stop()
}

const ratios = (name, route) => figures[name][route].map(({ rate }, i) => rate / figures.bare[route][i].rate)
const versions = Object.values(services).map(({ version }) => version)
console.log(
  `node ${process.version}${versions.length > 0 ? `, ${versions.join(', ')}` : ''}; ${CONNECTIONS} connections with a session each, ${rounds} rounds of ${seconds} s, ${pinned ? 'a core for the servers, one for client and databases' : 'not pinned'}`,
)
console.log('medians; ratio to bare h3 2 within the same round (lowest to highest); processor time per request\n')
console.log('| server | read | µs | write | µs |\n| --- | --- | --- | --- | --- |')
for (const { name, label } of running) {
  const cells = ['read', 'write'].flatMap((route) => {
    const all = ratios(name, route)
    const spread = name === 'bare' ? '' : ` (${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)})`
    return [`${median(all).toFixed(2)}${spread}`, median(figures[name][route].map(({ cpu }) => cpu)).toFixed(0)]
  })
  console.log(`| ${label} | ${cells.join(' | ')} |`)
}
