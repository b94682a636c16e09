// What the stores cost: `npm run bench:store [-- rounds store...]`.
// First, how many calls each kind of request makes, counted. Then a read and an update of each store beside the same done by
// hand with its driver, in turns, one call at a time.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { defineSession, memoryStore } from '../dist/index.js'
import { hasBinaries, howToGet } from '../test/services/binaries.mjs'
import { startMariadb } from '../test/services/mariadb.mjs'
import { startMongodb } from '../test/services/mongodb.mjs'
import { startPostgres } from '../test/services/postgres.mjs'
import { makeFolder, removeFolder } from '../test/services/process.mjs'
import { startRedis } from '../test/services/redis.mjs'
import { placeOn } from './store/place.mjs'
import { stores } from './store/raw.mjs'

const [rounds = '9', ...only] = process.argv.slice(2)
const starters = {
  redis: () => startRedis({ durable: false }),
  postgres: startPostgres,
  mariadb: startMariadb,
  mongodb: startMongodb,
}

await countCalls()
await measureAll()

async function countCalls() {
  const schema = z.object({ userId: z.string().optional(), n: z.number().default(0) })
  const flash = z.object({ notice: z.string() })
  let now = Date.now()
  let made = []
  const store = watched(memoryStore(), (name) => made.push(name))
  const options = { flash, store, clock: () => now, cookie: { secure: true } }
  const appSession = defineSession(schema, options)

  async function request(cookie, handle) {
    const open = await appSession.manager.open({ header: (name) => (name === 'Cookie' ? cookie : undefined) })
    await handle(open.session)
    await open.finish(200)
    let line
    open.announce({ setHeader() {}, setCookie: (_, set) => (line = set) })
    return line?.split(';')[0] ?? cookie
  }
  async function count(title, cookie, handle) {
    made = []
    const next = await request(cookie, handle)
    console.log(`| ${title} | ${made.length} | ${made.join(', ')} |`)
    return next
  }

  console.log('| request | store calls | which |\n| --- | --- | --- |')
  await count('no cookie, only reads', undefined, (session) => session.get('n'))
  await count('a cookie of the wrong form', '__Host-session=x', (session) => session.get('n'))
  const cookie = await count('first write', undefined, (session) => session.set('userId', 'u1'))
  await count('reads', cookie, (session) => session.get('userId'))
  await count('changes a value', cookie, (session) => session.update('n', (n) => n + 1))
  await count('sets an equal value', cookie, (session) => session.set('userId', 'u1'))
  await count('sets a flash', cookie, (session) => session.flash.set('notice', 'Saved'))
  await count('takes it', cookie, (session) => session.flash.take('notice'))
  now += 600_000
  await count('reads, after `touchAfter`', cookie, (session) => session.get('userId'))
  now += 3_599_000
  await count('reads, less than twice `storeTimeout` before the idle deadline', cookie, (session) =>
    session.get('userId'),
  )
  const renewed = await count('regenerates', cookie, (session) => session.regenerate())
  await count('destroys', renewed, (session) => session.destroy())
}

async function measureAll() {
  console.log(
    '\n| store | read µs | by hand | ratio | update µs | by hand | ratio |\n| --- | --- | --- | --- | --- | --- | --- |',
  )
  const versions = []
  for (const [name, { service, make, raw }] of Object.entries(stores)) {
    if (only.length > 0 && !only.includes(name)) continue
    if (service && !hasBinaries(service)) {
      console.error(`without ${service}: ${howToGet[service]}`)
      continue
    }
    const server = service && (await starters[service]())
    const folder = service ? undefined : makeFolder('bench')
    if (server) versions.push(server.version)
    const where = folder ?? (await placeOn(server, service))
    const [store, hand] = [await make(where), await raw(where)]
    try {
      console.log(`| ${name} | ${(await measure(store, hand)).join(' | ')} |`)
    } finally {
      await store.close?.()
      await hand.close?.()
      await server?.stop()
      if (folder) removeFolder(folder)
    }
  }
  console.log(
    `\nnode ${process.version}${versions.map((version) => `, ${version}`).join('')}; medians of ${rounds} rounds`,
  )
}

async function measure(store, hand) {
  const key = 'session:h1.bench'
  const record = () => ({
    bytes: randomBytes(180),
    revision: randomBytes(12).toString('base64url'),
    expiresAt: Date.now() + 3_600_000,
  })
  let [ours, theirs] = [record(), record()]
  await store.create(key, ours)
  await hand.write(theirs)
  const calls = {
    read: () => store.read(key),
    handRead: () => hand.read(),
    async update() {
      const next = record()
      if ((await store.update(key, next, ours.revision)) !== 'ok') throw new Error('the store lost an update')
      ours = next
    },
    async handUpdate() {
      const next = record()
      if (!(await hand.update(next, theirs.revision))) throw new Error('an update by hand was lost')
      theirs = next
    },
  }
  const sizes = {}
  const taken = { read: [], handRead: [], update: [], handUpdate: [] }
  // As many calls as take about 30 ms.
  for (const [name, call] of Object.entries(calls)) {
    await batch(call, 50)
    sizes[name] = Math.max(10, Math.round(30_000 / (await batch(call, 50))))
  }
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, call] of Object.entries(calls)) taken[name].push(await batch(call, sizes[name]))
  const shown = (name) => median(taken[name]).toFixed(median(taken[name]) < 10 ? 2 : 0)
  const ratio = (a, b) => median(taken[a].map((micros, i) => micros / taken[b][i])).toFixed(2)
  return [
    ...[shown('read'), shown('handRead'), ratio('read', 'handRead')],
    ...[shown('update'), shown('handUpdate'), ratio('update', 'handUpdate')],
  ]
}

/** Microseconds per call. */
async function batch(call, times) {
  const start = process.hrtime.bigint()
  for (let i = 0; i < times; i++) await call()
  return Number(process.hrtime.bigint() - start) / 1000 / times
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/** The store, telling of each call that counts: collecting garbage waits for no request. */
function watched(store, tell) {
  return new Proxy(store, {
    get(target, name) {
      const value = target[name]
      if (typeof value !== 'function' || name === 'collectGarbage') return value
      return (...args) => {
        tell(name)
        return value.apply(target, args)
      }
    },
  })
}
