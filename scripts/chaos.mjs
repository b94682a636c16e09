// The laws in the large: many requests at once to several server processes, on every store that is on this machine.
//
//   npm run chaos                             30 seconds on each store, then many interleavings in one process
//   CHAOS_SEED=7 CHAOS_REQUESTS=50000         other decisions; as many requests instead of seconds
//   CHAOS_STORE=redis,sqlite                  these alone (memory, sqlite, file, lmdb, redis, postgres, mysql, mongodb)
//   CHAOS_RUNS=100000                         interleavings per law in one process (5000)
//   CHAOS_DIST=/tmp/other/dist                another build of the library, between processes alone
//
// Fails on the first broken law, and prints the part of the history that shows it.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { check, LAWS } from '../test/chaos/checker.mjs'
import { makePlace } from '../test/chaos/places.mjs'
import { printViolation } from '../test/chaos/print.mjs'
import { outagesOf, runChaos } from '../test/chaos/run.mjs'
import { hasBinaries, howToGet } from '../test/services/binaries.mjs'
import { startMariadb } from '../test/services/mariadb.mjs'
import { startMongodb } from '../test/services/mongodb.mjs'
import { startPostgres } from '../test/services/postgres.mjs'
import { startRedis } from '../test/services/redis.mjs'

const { env } = process
const root = new URL('../', import.meta.url)
const seed = Number(env.CHAOS_SEED ?? 1)
const requests = env.CHAOS_REQUESTS === undefined ? Infinity : Number(env.CHAOS_REQUESTS)
const seconds =
  env.CHAOS_SECONDS === undefined && env.CHAOS_REQUESTS !== undefined ? Infinity : Number(env.CHAOS_SECONDS ?? 30)
if (!Number.isSafeInteger(seed) || Number.isNaN(requests) || Number.isNaN(seconds))
  throw new Error('CHAOS_SEED, CHAOS_REQUESTS and CHAOS_SECONDS are numbers.')
const dist = env.CHAOS_DIST ? `${pathToFileURL(resolve(env.CHAOS_DIST)).href}/` : new URL('dist/', root).href
/** A history of this size is checked within seconds. */
const ROUND = 4000

const here = async () => ({ version: 'in this machine', stop: async () => {} })
const services = {
  redis: ['redis', startRedis],
  postgres: ['postgres', startPostgres],
  mysql: ['mariadb', startMariadb],
  mongodb: ['mongodb', startMongodb],
}
const kinds = ['memory', 'sqlite', 'file', 'lmdb', ...Object.keys(services)]
const wanted = env.CHAOS_STORE?.split(',') ?? kinds

for (const kind of wanted) {
  if (!kinds.includes(kind)) throw new Error(`CHAOS_STORE is some of ${kinds.join(', ')}.`)
  const [service, start] = services[kind] ?? [undefined, here]
  if (service && !hasBinaries(service)) {
    console.log(`${kind}: SKIPPED (${howToGet[service]})`)
    continue
  }
  const server = await start()
  try {
    await chaosOn(kind, server)
  } finally {
    await server.stop()
  }
}

if (env.CHAOS_DIST === undefined) {
  const runs = env.CHAOS_RUNS ?? '5000'
  console.log(`in one process: ${runs} interleavings of store calls per law`)
  const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', root))
  const args = [vitest, 'run', '--project', 'property', 'test/property/histories.test.ts']
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...env, CHAOS_RUNS: runs, FC_SEED: `${seed}` },
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}

async function chaosOn(kind, server) {
  const started = performance.now()
  const spent = () => (performance.now() - started) / 1000
  const totals = { requests: 0, unanswered: 0, rounds: 0, crashes: 0, outages: 0, checked: {}, notes: {}, broken: 0 }
  for (let round = 0; totals.requests < requests && spent() < seconds && !totals.broken; round++) {
    const place = await makePlace(kind, server.url)
    const processes = place.shared ? 3 : 1
    const crashes = place.shared ? 2 : 0
    const outages = kind === 'redis' ? outagesOf(server) : []
    try {
      const size = Math.min(ROUND, requests - totals.requests)
      const left = seconds === Infinity ? {} : { seconds: Math.max(1, seconds - spent()) }
      const history = await runChaos({
        dist,
        store: place.store,
        seed: seed + round,
        requests: size,
        ...left,
        processes,
        crashes,
        outages,
      })
      const { violations, checked, notes } = check(history)
      totals.requests += history.entries.length
      totals.unanswered += history.entries.filter(({ outcome }) => outcome === 'unknown').length
      totals.rounds++
      totals.crashes += crashes
      totals.outages += outages.length
      totals.broken += violations.length
      add(totals.checked, checked)
      add(totals.notes, notes)
      for (const violation of onePerLaw(violations)) console.error(printViolation(history, violation))
    } finally {
      await place.drop()
    }
  }
  report(kind, server.version, totals, spent())
}

function report(kind, version, { requests: sent, unanswered, rounds, crashes, outages, checked, notes, broken }, time) {
  console.log(
    `${kind} (${version}): ${sent} requests in ${rounds} rounds, ${time.toFixed(0)} s, ${crashes} crashes, ${outages} outages of the server, ${unanswered} without an answer, ${broken} violations`,
  )
  for (const [law, number] of Object.entries(checked))
    console.log(`  law ${law.padEnd(6)}${LAWS[law].padEnd(32)}${number} checks`)
  for (const [what, number] of Object.entries(notes)) console.log(`  ${number} ${what}`)
  if (!broken) return
  console.error(
    `chaos: FAILED on ${kind}. The decisions of the last round: CHAOS_SEED=${seed + rounds - 1} CHAOS_STORE=${kind}`,
  )
  process.exitCode = 1
}

/** Where one law is broken often, one example says enough. */
function onePerLaw(violations) {
  return [...new Map(violations.map((violation) => [violation.law, violation]).toReversed()).values()]
}

function add(totals, more) {
  for (const [name, number] of Object.entries(more)) totals[name] = (totals[name] ?? 0) + number
}
