// npm run rollout -- [--sessions 100000] [--stores sqlite,postgres,redis] [--seconds 60]: releases with three schema versions, two
// codecs and two generations of secrets are deployed, rolled back and deployed again, server by server, under load. Prints what
// became of the sessions, and fails when one was logged out, lost a write or was answered with an error.
import { parseArgs } from 'node:util'
import { makePlace } from '../test/chaos/places.mjs'
import { isFlawless, runRollout } from '../test/rollout/run.mjs'
import { hasBinaries, howToGet } from '../test/services/binaries.mjs'
import { startPostgres } from '../test/services/postgres.mjs'
import { startRedis } from '../test/services/redis.mjs'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '100000' },
    stores: { type: 'string', default: 'sqlite,postgres,redis' },
    seconds: { type: 'string', default: '60' },
  },
})
const [sessions, seconds] = [Number(values.sessions), Number(values.seconds)]
if (!Number.isSafeInteger(sessions) || sessions < 1 || !(seconds > 0))
  throw new Error('--sessions is a whole number above 0, --seconds a number above 0.')
const dist = new URL('../dist/', import.meta.url).href
const services = { postgres: startPostgres, redis: () => startRedis({ durable: false }) }

for (const kind of values.stores.split(',')) {
  if (!['sqlite', 'postgres', 'redis'].includes(kind)) throw new Error('--stores is some of sqlite, postgres, redis.')
  const start = services[kind]
  if (start && !hasBinaries(kind)) {
    console.log(`${kind}: SKIPPED (${howToGet[kind]})`)
    continue
  }
  const server = await start?.()
  const place = await makePlace(kind, server?.url)
  try {
    console.log(`\n${server?.version ?? 'SQLite'}: ${sessions} sessions, ${seconds} s of traffic`)
    const began = performance.now()
    const { counts, findings } = await runRollout({
      dist,
      store: place.store,
      sessions,
      seconds,
      onStep: (what, { requests }) =>
        console.log(
          `${String(Math.round((performance.now() - began) / 1000)).padStart(5)} s  ${what}, ${requests} requests so far`,
        ),
    })
    console.table(counts)
    for (const [what, count] of findings) console.log(`${count} times: ${what}`)
    if (!isFlawless(counts)) process.exitCode = 1
  } finally {
    await place.drop()
    await server?.stop()
  }
}
