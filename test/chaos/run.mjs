// A run of the chaos tests: browsers with several tabs each send requests to several server processes until there were
// enough of them, and everything that a client can see goes into one history.
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './client.mjs'
import { startFleet } from './fleet.mjs'
import { isSuspicious } from './law-leaks.mjs'
import { CANARY, now, policies, SECRET } from './perform.mjs'
import { createRandom, drawOp, drawPair, foreignId, forgedId } from './plan.mjs'

const SLOWEST_MS = 40
const BROWSERS = { strict: 10, loose: 6, brief: 8, signed: 3, header: 3, turning: 8, oldest: 4, refuse: 5, kept: 14 }
const USERS = ['ada', 'bob', 'eve', 'kim', 'lea']
const canaries = [CANARY, SECRET]

/** @type {import('./run.mjs').runChaos} */
export async function runChaos({ dist, store, seed, requests, seconds = Infinity, processes, crashes, outages = [] }) {
  const printed = []
  const onLine = (line) => {
    if (isSuspicious(line, canaries)) printed.push(line)
  }
  const fleet = await startFleet({ dist, store, processes, onLine })
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const entries = []
  const out = []
  const deadline = now() + seconds * 1000
  const running = () => entries.length < requests && now() < deadline

  async function ask(random, ...asked) {
    for (const entry of asked) {
      Object.assign(entry, { n: entries.length, outcome: 'pending', start: now(), end: null, cookies: [] })
      entries.push(entry)
    }
    const [first, second] = asked
    if (second) {
      first.beside = second.n
      second.beside = first.n
    }
    return send({ agent, port: random.pick(fleet.endpoints()), entries: asked, now })
  }

  async function browse(def, random) {
    // What the browser sends, and what it sent once: late tabs and thieves still do.
    const jars = { [def]: { id: null, old: [] }, second: { id: null, old: [] } }
    const jar = jars[def]
    // Of a user with a maximum of sessions there must be more browsers than that.
    const options = { users: policies[def].maxPerSubject ? USERS.slice(0, 2) : USERS, slowest: SLOWEST_MS, def }
    const open = async (...asked) => {
      for (const { def: own, sent, cookies, report } of await ask(random, ...asked)) {
        for (const id of cookies) keepIn(jars[own], id)
        // Of sessions that run out in a moment there must always be one.
        if (own === 'kept' && report?.seen?.isNew && sent === jar.id) keepIn(jar, '')
      }
    }
    while (running()) {
      const tabs = []
      for (let count = random.pick(def === 'kept' ? [1, 1, 2] : [1, 1, 2, 3, 5]); count > 0; count--) {
        const op = drawOp(random, jar.id === null && FLEETING.has(def) ? { ...options, def: 'fresh' } : options)
        const sent = drawSent(random, jar, def)
        tabs.push(open({ def, op, sent }))
        // A double click.
        if (random.chance(0.08)) tabs.push(open({ def, op, sent }))
      }
      if (def === 'strict' && random.chance(0.4)) {
        const [op, also] = drawPair(random, options)
        tabs.push(open({ def, op, sent: jar.id }, { def: 'second', op: also, sent: jars.second.id }))
      }
      await Promise.all(tabs)
      if (PAUSES[def] && random.chance(def === 'kept' ? 0.9 : 0.12)) await sleep(random.pick(PAUSES[def]))
      else if (random.chance(0.2)) await sleep(random.below(SLOWEST_MS))
    }
  }

  /** Spread over the run. */
  async function spread(events) {
    for (let done = 0; done < events.length; ) {
      await sleep(5)
      if (!running()) return
      const share = Math.max(entries.length / requests, 1 - (deadline - now()) / (seconds * 1000) || 0)
      if (share < (done + 1) / (events.length + 1)) continue
      await events[done++]()
    }
  }

  try {
    let stream = 0
    const randomOf = () => createRandom(seed * 1000 + stream++)
    const random = randomOf()
    const crash = () => fleet.crash(random.below(processes))
    const timed = outages.map((outage) => async () => {
      const from = now()
      await outage()
      out.push([from, now()])
    })
    const chaos = [spread(Array.from({ length: crashes }, () => crash)), spread(timed)]
    for (const [def, count] of Object.entries(BROWSERS))
      for (let i = 0; i < count; i++) chaos.push(browse(def, randomOf()))
    await Promise.all(chaos)
    // Requests that the client gave up may still run.
    await sleep(4 * SLOWEST_MS + 100)
    await lookAtAll(entries, (entry) => ask(randomOf(), entry))
    return { seed, entries, policies, outages: out, printed, canaries }
  } finally {
    agent.destroy()
    await fleet.stop()
  }
}

/** @type {import('./run.mjs').outagesOf} */
export function outagesOf(server) {
  return [
    async () => {
      await server.kill()
      await sleep(100)
      await server.restart()
    },
    async () => {
      server.pause()
      await sleep(700)
      server.resume()
    },
  ]
}

/** How long the clients of short sessions do nothing now and then. In milliseconds. */
const PAUSES = { brief: [300, 1050, 1500], turning: [450, 700, 1050], kept: [1050, 1250] }

/** Clients of these begin with a session. */
const FLEETING = new Set(['kept', 'turning'])

function keepIn(jar, id) {
  if (id === jar.id) return
  if (jar.id !== null) jar.old.push(jar.id)
  jar.id = id === '' ? null : id
}

function drawSent(random, jar, def) {
  if (random.chance(0.03)) return policies[def].signIds && jar.id ? forgedId(random, jar.id) : foreignId(random)
  if (jar.old.length > 0 && random.chance(def === 'turning' ? 0.3 : 0.08)) return random.pick(jar.old.slice(-5))
  return jar.id
}

/** Every id that was ever handed out is looked at once more. */
async function lookAtAll(entries, ask) {
  const ids = entries.flatMap(({ def, cookies }) => cookies.filter(Boolean).map((sent) => ({ def, sent })))
  const op = { kind: 'read', before: 0, after: 0, reply: 'value' }
  const worker = async () => {
    for (let next = ids.pop(); next; next = ids.pop()) await ask({ ...next, op })
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}
