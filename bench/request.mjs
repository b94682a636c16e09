// What a session costs a request without HTTP, for changes too small to be seen through a server:
//   npm run bench:request [-- --rounds 15 --beside DIST]
// Processor time of one call after the other in one process, builds in turns. A server pays several times as much, because
// its code runs once per request, cold, instead of many thousand times in a row.
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values: given } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, beside: { type: 'string' }, only: { type: 'string' } },
})
const builds = [{ build: 'this', dist: resolve('dist') }]
if (given.beside) builds.push({ build: 'beside', dist: resolve(given.beside) })

const secrets = 'q8Zr1vXw5sYt9uBn3mKe7jHg2fDa6cLp4oIi0UyTtRr'
const kinds = [
  { kind: '250 B', bytes: 250, options: {} },
  { kind: '250 B, subject', bytes: 250, options: { subject: 'userId' } },
  { kind: '250 B, encrypted', bytes: 250, options: { encrypt: true, secrets } },
  { kind: '4 KB', bytes: 4096, options: {} },
  { kind: '64 KB', bytes: 65_536, options: {} },
  { kind: '64 KB, encrypted', bytes: 65_536, options: { encrypt: true, secrets } },
].filter(({ kind }) => given.only === undefined || kind === given.only)

for (const { kind, bytes, options } of kinds) {
  process.env.BENCH_BYTES = String(bytes)
  const session = await import(`./http/session.mjs?${bytes}`)
  const rows = await Promise.all(
    builds.map(async (build) => ({ ...build, calls: await callsOf(build, session, options) })),
  )
  const taken = rows.map(() => ({ read: [], write: [] }))
  for (let round = -3; round < Number(given.rounds); round++)
    for (const what of ['read', 'write'])
      for (const [i, { calls }] of rows.entries()) {
        const micros = await batch(calls[what])
        if (round >= 0) taken[i][what].push(micros)
      }
  const cells = taken.flatMap(({ read, write }, i) => [
    `${rows[i].build}: read ${median(read).toFixed(1)}`,
    `write ${median(write).toFixed(1)}`,
  ])
  console.log(`${kind}: ${cells.join(', ')} µs`)
}

async function callsOf({ dist }, { schema, user }, options) {
  const { defineSession, memoryStore } = await import(pathToFileURL(join(dist, 'index.js')).href)
  const definition = defineSession(schema, { ...options, store: memoryStore(), cookie: { secure: false } })
  async function request(cookie, handle) {
    const open = await definition.opener.open({ header: () => cookie, development: false })
    handle(open.session)
    await open.finish(200)
    let line
    open.announce({ setHeader() {}, setCookie: (_, set) => (line = set) })
    return line?.split(';')[0] ?? cookie
  }
  // As many sessions as a server would have in its hands at once.
  const cookies = []
  for (let i = 0; i < 16; i++) cookies.push(await request(undefined, (session) => session.assign(user)))
  let next = 0
  const cookie = () => cookies[next++ % cookies.length]
  return {
    read: () => request(cookie(), (session) => session.get('userId')),
    write: () => request(cookie(), (session) => session.update('n', (n) => n + 1)),
  }
}

/** Microseconds of processor time per call, over about 40 ms. */
async function batch(call) {
  const before = process.cpuUsage()
  let calls = 0
  for (const end = performance.now() + 40; performance.now() < end; calls += 20)
    for (let i = 0; i < 20; i++) await call()
  return process.cpuUsage(before).user / calls
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}
