// What a session costs a request through real HTTP, over a bare h3 2 app:
//   npm run bench:http [-- --rounds 5 --seconds 2 --bytes 250 --beside DIST server...]
// Servers take turns in every round, so that a machine that slows down slows all of them. Node servers have one core, the
// client and the databases the other. Processor time per request is the steadier figure where other work shares the machine;
// `over` is that of a server less that of the bare app in the same round. `--beside` adds another build of zession, to see
// what a change has brought.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { hasBinaries, howToGet } from '../test/services/binaries.mjs'
import { startMariadb } from '../test/services/mariadb.mjs'
import { startPostgres } from '../test/services/postgres.mjs'
import { startRedis } from '../test/services/redis.mjs'
import { placeOn } from './store/place.mjs'

const { values: given, positionals: only } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    bytes: { type: 'string', default: '250' },
    beside: { type: 'string' },
  },
})
const rounds = Number(given.rounds)
const CONNECTIONS = 16
/** What the kernel counts the time of a process in. */
const TICK_MICROS = 10_000
const kinds = [
  { name: 'bare', label: 'bare h3 2' },
  { name: 'memory-floor', label: 'by hand, a Map' },
  { name: 'memory', label: 'zession, memory', ours: true },
  { name: 'sealed', label: 'zession, memory, `encrypt: true`', ours: true },
  { name: 'express-memory', label: 'express-session on Express, memory' },
  { name: 'redis-floor', label: 'by hand, ioredis GET / SET', service: 'redis' },
  { name: 'redis', label: 'zession, Redis', service: 'redis', ours: true },
  { name: 'express-redis', label: 'express-session on Express, connect-redis', service: 'redis' },
  { name: 'postgres', label: 'zession, PostgreSQL', service: 'postgres', ours: true },
  { name: 'mysql', label: 'zession, MariaDB', service: 'mariadb', ours: true },
  { name: 'sqlite', label: 'zession, SQLite file', ours: true },
  { name: 'cookie', label: 'zession, cookieStore()', ours: true },
  { name: 'cookie-signed', label: 'zession, cookieStore({ encrypt: false })', ours: true },
  { name: 'cookie-revocations', label: 'zession, cookieStore({ revocations: memory })', ours: true },
  { name: 'cookie-fastify', label: '@fastify/secure-session on Fastify', package: '@fastify/secure-session' },
  { name: 'cookie-iron', label: 'iron-session on node', package: 'iron-session' },
  { name: 'cookie-h3', label: "h3 2's own useSession" },
  { name: 'cookie-gorilla', label: "Go: gorilla's CookieStore", go: 'gorilla' },
].filter(({ name }) => name === 'bare' || only.length === 0 || only.includes(name))
const rows = kinds.flatMap((kind) => [
  { ...kind, id: kind.name },
  ...(kind.ours && given.beside
    ? [{ ...kind, id: `${kind.name}, beside`, label: `${kind.label} (beside)`, dist: resolve(given.beside) }]
    : []),
])

const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0
if (pinned) spawnSync('taskset', ['-cp', '1', String(process.pid)])
const script = fileURLToPath(new URL('./http/server.mjs', import.meta.url))

/** Not durable: what is measured is this side of the connection. */
const start = { redis: () => startRedis({ durable: false }), postgres: startPostgres, mariadb: startMariadb }

async function startServices() {
  const services = {}
  for (const service of new Set(rows.flatMap((row) => row.service ?? []))) {
    if (!hasBinaries(service)) {
      console.error(`without ${service}: ${howToGet[service]}`)
      continue
    }
    const server = await start[service]()
    services[service] = { ...server, stop: () => server.stop(), url: await placeOn(server, service) }
  }
  return services
}

/** Whether what a row needs is there; a peer that is not is left out. */
function isHere({ label, go, package: name }) {
  if (go)
    return spawnSync('go', ['build', '-o', binaryOf(go), '.'], { cwd: sourceOf(go), stdio: 'inherit' }).status === 0
  if (!name || existsSync(fileURLToPath(new URL(`./frameworks/node_modules/${name}`, import.meta.url)))) return true
  console.error(`without ${label}: npm ci --prefix bench/frameworks`)
  return false
}

const sourceOf = (go) => fileURLToPath(new URL(`./http/${go}`, import.meta.url))
const binaryOf = (go) => join(tmpdir(), `zession-bench-${go}-${process.pid}`)

async function serve({ id, name, service, dist, go }, services) {
  const command = go ? [binaryOf(go)] : [process.execPath, script, name, ...(service ? [services[service].url] : [])]
  const [file, ...args] = pinned ? ['taskset', '-c', '0', ...command] : command
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'inherit', ...(go ? [] : ['ipc'])],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      GOMAXPROCS: '1',
      BENCH_BYTES: given.bytes,
      ...(dist && { BENCH_DIST: dist }),
    },
  })
  const [line] = await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${Number(line)}`
  const cookies = await Promise.all(Array.from({ length: CONNECTIONS }, () => newCookie(`${url}/start`)))
  return { id, child, url, cookies }
}

async function newCookie(url) {
  const lines = (await fetch(url)).headers.getSetCookie()
  return lines.map((line) => line.split(';')[0]).join('; ')
}

async function cpuMicros(child) {
  if (!child.send) {
    const [, fields = ''] = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')
    const [user, system] = fields.split(' ').slice(11, 13)
    return (Number(user) + Number(system)) * TICK_MICROS
  }
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
    duration: Number(given.seconds),
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
const running = rows.filter((row) => (!row.service || services[row.service]) && isHere(row))
const servers = []
const figures = Object.fromEntries(running.map(({ id }) => [id, { read: [], write: [] }]))
try {
  for (const row of running) servers.push(await serve(row, services))
  for (let round = 0; round <= rounds; round++) {
    for (const route of ['read', 'write']) {
      for (const server of servers) {
        const figure = await measure(server, route)
        if (round > 0) figures[server.id][route].push(figure) // the first round warms up
      }
    }
  }
} finally {
  for (const { child } of servers) child.kill()
  for (const { go } of running) if (go) rmSync(binaryOf(go), { force: true })
  for (const service of Object.values(services)) await service.stop()
}

const versions = Object.values(services).map(({ version }) => version)
console.log(
  `node ${process.version}${versions.length > 0 ? `, ${versions.join(', ')}` : ''}; ${CONNECTIONS} connections with a session of ${given.bytes} bytes each, ${rounds} rounds of ${given.seconds} s, ${pinned ? 'a core for the servers, one for client and databases' : 'not pinned'}`,
)
console.log(
  'medians (lowest to highest); `over`: µs of processor time above bare h3 2 in the same round; `x`: its requests\n',
)
console.log('| server | read: over µs | x | write: over µs | x |\n| --- | --- | --- | --- | --- |')
for (const { id, label } of running) {
  const cells = ['read', 'write'].flatMap((route) => {
    const [mine, bare] = [figures[id][route], figures.bare[route]]
    if (id === 'bare') return [`(${median(mine.map(({ cpu }) => cpu)).toFixed(0)})`, '1']
    const over = mine.map(({ cpu }, i) => cpu - bare[i].cpu)
    const [low, high] = [Math.min(...over), Math.max(...over)]
    const rate = median(mine.map(({ rate }, i) => rate / bare[i].rate))
    return [`${median(over).toFixed(0)} (${low.toFixed(0)}-${high.toFixed(0)})`, rate.toFixed(2)]
  })
  console.log(`| ${label} | ${cells.join(' | ')} |`)
}
