// Three schema versions, two codecs and two generations of secrets, deployed, rolled back and deployed again server by server,
// while visitors use their sessions on old and new servers at once.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run } from '../services/process.mjs'
import { environmentOf, startFleet } from './fleet.mjs'
import { createVisitor } from './visitor.mjs'

/** a1 to d are the releases of app.mjs. */
const DEPLOYS = ['a2', 'b', 'a2', 'b', 'c', 'b', 'c']
const TOOLS = ['migrate', 'recode', 'reseal']
const SERVERS = 2
const LANES = 12
/** Of every hundred operations. */
const WEIGHTS = Object.entries({
  hit: 34,
  look: 12,
  name: 8,
  theme: 8,
  prefs: 8,
  note: 8,
  alert: 4,
  take: 12,
  rotate: 3,
  again: 3,
})

/** @type {import('./run.mjs').runRollout} */
export async function runRollout({ dist, store, sessions, seconds, fault, onStep = () => {} }) {
  const app = { dist, store, fault }
  const verdict = createVerdict()
  const { counts } = verdict
  const deploys = fault === 'skips a release' ? DEPLOYS.slice(1) : DEPLOYS
  const fleet = await startFleet(app, {
    release: 'a1',
    size: SERVERS,
    onError: (release, line) => verdict.heard(release, line),
  })
  const visitors = Array.from({ length: sessions }, (_, user) => createVisitor(user, verdict))
  const pause = () => sleep((seconds * 1000) / (2 * deploys.length + 2 * SERVERS))
  const step = (what) => onStep(what, { ...counts })
  let tokens = 0
  let isOver = false

  try {
    await everybody((visitor) => ({ kind: 'login', user: visitor.user, value: `name-${tokens++}` }))
    step(`${sessions} logged in`)
    const traffic = Promise.all(Array.from({ length: LANES }, (_, lane) => visit(lane)))
    for (const release of deploys) {
      await deploy(release)
      step(`release ${release} on every server`)
    }
    for (const tool of TOOLS) step(`zession ${tool}: ${await use(tool)}`)
    // A new id is signed with the newest secret; then the old one, the old codec and the old versions may go.
    await everybody(() => ({ kind: 'rotate' }))
    step('everybody has a new id')
    await deploy('d')
    step('release d, which reads nothing old')
    isOver = true
    await traffic
    await everybody(
      () => ({ kind: 'take' }),
      (visitor, { status, report }) => {
        if (status !== 200) return
        visitor.expectNothingWaits()
        visitor.expectExactly(report)
      },
    )
    step('everybody once more')
    await fleet.stop()
  } catch (error) {
    isOver = true
    fleet.kill()
    throw error
  }
  return { counts, findings: verdict.findings, served: counts.requests }

  async function deploy(release) {
    for (let slot = 0; slot < SERVERS; slot++) {
      await fleet.replace(slot, release)
      await pause()
    }
  }

  /** The command, as an app runs it beside its servers. */
  async function use(tool) {
    const main = fileURLToPath(new URL('cli/main.js', dist))
    const file = fileURLToPath(new URL('./app.mjs', import.meta.url))
    // A record that could not be converted is its exit code 1, and counted below.
    const printed = await run(process.execPath, [main, tool, `${file}#app`, '--json'], { env: environmentOf(app, 'c') })
    const { scanned, rewritten, failed, busy, elapsed } = JSON.parse(printed)
    counts.failed += failed
    return `${scanned} records met, ${rewritten} written, ${failed} failed, ${busy} in use, ${elapsed} ms`
  }

  /** One operation of each visitor, whoever is in the middle of something first. */
  async function everybody(opOf, then = () => {}) {
    const queue = [...visitors]
    const lane = async (_, slot) => {
      for (let some = queue.splice(0, 250); some.length > 0; some = queue.splice(0, 250)) {
        for (const visitor of some) await mine(visitor)
        const asked = some.map((visitor) => ({ cookie: visitor.cookie, op: opOf(visitor) }))
        const answers = await fleet.bulk(slot, asked)
        for (const [i, visitor] of some.entries()) {
          visitor.see(asked[i].op, answers[i])
          then(visitor, answers[i])
          visitor.busy = false
        }
      }
    }
    await Promise.all(Array.from({ length: SERVERS }, lane))
  }

  async function mine(visitor) {
    while (visitor.busy) await sleep(1)
    visitor.busy = true
  }

  async function visit(lane) {
    // A few visitors come often, and so meet every release; the others now and then.
    for (let turn = lane; !isOver; turn++) {
      const often = Math.min(sessions, 40 * LANES)
      const visitor = visitors[Math.floor(Math.random() * (turn % 4 ? often : sessions))]
      if (visitor.busy) {
        // All may be: without a pause nothing that they wait for would come.
        await sleep(1)
        continue
      }
      visitor.busy = true
      await act(visitor, draw())
      visitor.busy = false
    }
  }

  async function act(visitor, kind) {
    const value = `${kind}-${tokens++}`
    const slot = Math.floor(Math.random() * SERVERS)
    if (kind === 'again') return again(visitor, slot, value)
    // Two tabs on two servers, often of two releases.
    const tabs = kind === 'hit' || kind === 'take' ? [slot, slot + 1] : [slot]
    const op = { kind, value }
    const answers = await Promise.all(tabs.map((at) => ask(at, visitor.cookie, op)))
    // Either tab may show the increment of the other, or not.
    const before = visitor.acknowledged
    for (const answer of answers) visitor.see(op, answer, before)
  }

  /** Logs out, looks whether the old cookie is worth nothing on either server, and logs in. */
  async function again(visitor, slot, value) {
    const { cookie } = visitor
    const out = await ask(slot, cookie, { kind: 'logout' })
    visitor.see({ kind: 'logout' }, out)
    if (out.status !== 200) return
    for (let at = 0; at < SERVERS; at++) {
      const { status, report } = await ask(at, cookie, { kind: 'look' })
      counts.requests++
      if (status === 200 && report.seen.user === undefined) continue
      counts.resurrected++
      verdict.report(`after a logout, a server of version ${report?.version} answered ${status} and knew the user`)
    }
    visitor.cookie = undefined
    visitor.acknowledged = visitor.unknown = 0
    visitor.known = {}
    visitor.waiting.clear()
    const op = { kind: 'login', user: visitor.user, value }
    visitor.see(op, await ask(slot + 1, undefined, op))
  }

  async function ask(slot, cookie, op) {
    try {
      const { status, cookies, text } = await fleet.op(slot, cookie, op)
      return { status, cookies, report: parsed(text) }
    } catch (error) {
      return { status: 0, cookies: [], report: { code: error.code } }
    }
  }
}

function draw() {
  let left = Math.random() * WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0)
  return WEIGHTS.find(([, weight]) => (left -= weight) < 0)?.[0] ?? 'look'
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function createVerdict() {
  const counts = {
    requests: 0,
    logouts: 0,
    lostWrites: 0,
    resurrected: 0,
    delivered: 0,
    flashTwice: 0,
    flashLost: 0,
    failed: 0,
  }
  const findings = new Map()
  const note = (what) => findings.set(what, (findings.get(what) ?? 0) + 1)
  return Object.defineProperties(
    {
      counts,
      findings,
      report: (what) => note(what),
      heard: (release, line) => /^ERR_/.test(line) && note(`release ${release}: ${line}`),
    },
    Object.fromEntries(
      Object.keys(counts).map((name) => [name, { get: () => counts[name], set: (value) => (counts[name] = value) }]),
    ),
  )
}

/** @type {import('./run.mjs').isFlawless} */
export function isFlawless({ requests, delivered, ...wrong }) {
  return requests > 0 && delivered > 0 && Object.values(wrong).every((count) => count === 0)
}
