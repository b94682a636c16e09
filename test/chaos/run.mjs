// A run of the chaos tests: browsers with several tabs each send requests to several server processes until there were
// enough of them, and everything that a client can see goes into one history.
import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from './client.mjs'
import { startFleet } from './fleet.mjs'
import { now, policies } from './perform.mjs'
import { createRandom, drawOp, foreignId } from './plan.mjs'

const SLOWEST_MS = 40
const BROWSERS = { strict: 12, loose: 8, brief: 8 }
const USERS = ['ada', 'bob', 'eve', 'kim', 'lea']

/** @type {import('./run.mjs').runChaos} */
export async function runChaos({ dist, store, seed, requests, seconds = Infinity, processes, crashes }) {
  const fleet = await startFleet({ dist, store, processes })
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity })
  const entries = []
  const deadline = now() + seconds * 1000
  const running = () => entries.length < requests && now() < deadline

  async function ask(random, entry) {
    Object.assign(entry, { n: entries.length, outcome: 'pending', start: now(), end: null, cookies: [] })
    entries.push(entry)
    return send({ agent, port: random.pick(fleet.endpoints()), entry, now })
  }

  async function browse(def, random) {
    // What the browser sends, and what it sent once: late tabs and thieves still do.
    const jar = { id: null, old: [] }
    const open = async (op, sent) => {
      const entry = await ask(random, { def, op, sent })
      for (const cookie of entry.cookies) {
        if (jar.id !== null) jar.old.push(jar.id)
        jar.id = cookie === '' ? null : cookie
      }
    }
    while (running()) {
      const tabs = []
      for (let count = random.pick([1, 1, 2, 3, 5]); count > 0; count--) {
        const op = drawOp(random, { users: USERS, slowest: SLOWEST_MS })
        const sent = drawSent(random, jar)
        tabs.push(open(op, sent))
        // A double click.
        if (random.chance(0.08)) tabs.push(open(op, sent))
      }
      await Promise.all(tabs)
      if (def === 'brief' && random.chance(0.12)) await sleep(random.pick([300, 1050, 1500]))
      else if (random.chance(0.2)) await sleep(random.below(SLOWEST_MS))
    }
  }

  /** Crashes spread over the run. */
  async function crashSome(random) {
    for (let done = 0; done < crashes; ) {
      await sleep(5)
      if (!running()) return
      const share = Math.max(entries.length / requests, 1 - (deadline - now()) / (seconds * 1000) || 0)
      if (share < (done + 1) / (crashes + 1)) continue
      await fleet.crash(random.below(processes))
      done++
    }
  }

  try {
    let stream = 0
    const randomOf = () => createRandom(seed * 1000 + stream++)
    const chaos = [crashSome(randomOf())]
    for (const [def, count] of Object.entries(BROWSERS))
      for (let i = 0; i < count; i++) chaos.push(browse(def, randomOf()))
    await Promise.all(chaos)
    // Requests that the client gave up may still run.
    await sleep(4 * SLOWEST_MS + 100)
    await lookAtAll(entries, (entry) => ask(randomOf(), entry))
    return { seed, entries, policies }
  } finally {
    agent.destroy()
    await fleet.stop()
  }
}

function drawSent(random, jar) {
  if (random.chance(0.03)) return foreignId(random)
  if (jar.old.length > 0 && random.chance(0.08)) return random.pick(jar.old.slice(-5))
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
