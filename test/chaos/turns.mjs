// Ids that change by themselves: since when a session has one, and until when the one before leads to it.
import { clockOf, isAnswered } from './entry.mjs'

/** What gives a session another id because a request asks for it. */
const RENEWERS = new Set(['login', 'regenerate', 'rotate'])
/** What two clocks of one machine may differ by. In milliseconds. */
const CLOCKS_MS = 20

/** @type {import('./turns.mjs').createTurns} */
export function createTurns({ policies, issues, uses }) {
  const ages = new Map()

  /** Whether the answer may give an id a follower though nobody asked for one. */
  function turns({ def, report }) {
    return policies[def].rotateEvery !== undefined && report?.seen?.isNew === false && !report.ended
  }

  /** Whether an id may lead nowhere: it may have been given a follower, and have led to that one for as long as it may. */
  function mayHaveTurned(id, reader) {
    const issue = issues.get(id)
    const { rotateEvery, rotateGrace } = policies[issue?.session.def] ?? {}
    if (rotateEvery === undefined) return false
    return clockOf(reader).end + CLOCKS_MS >= ageOf(issue).turns + rotateGrace * 1000
  }

  /**
   * When at the earliest an id was given a follower. Records say since when they have their id in whole seconds from their
   * creation on, rounded down.
   */
  function ageOf(issue) {
    if (!ages.has(issue)) ages.set(issue, measure(issue))
    return ages.get(issue)
  }

  function measure({ entry, parent }) {
    const { start, end } = clockOf(entry)
    const { rotateEvery, rotateGrace } = policies[entry.def]
    const every = Math.floor(rotateEvery)
    if (!parent || entry.op.kind === 'login' || entry.op.kind === 'regenerate')
      return { start, end, seconds: 0, turns: start + every * 1000 }
    const before = ageOf(parent)
    // Requests that found the id before without a follower.
    const without = (uses.get(parent.id) ?? []).filter(
      (use) => turns(use) && use.op.kind !== 'look' && use.status < 400 && use.cookies.length === 0,
    )
    const since = Math.max(start - rotateGrace * 1000, before.turns, ...without.map((use) => clockOf(use).start))
    const whole = Math.floor((since - before.end) / 1000)
    const seconds = entry.report.renewed ? Math.max(0, whole) : Math.max(before.seconds + every, whole)
    return { ...before, seconds, turns: Math.max(since, before.start + (seconds + every) * 1000) }
  }

  /** Until when at the latest an id leads to its follower; undefined when it has none for sure. */
  function graceOf(id) {
    const issue = issues.get(id)
    const { rotateEvery, rotateGrace } = policies[issue?.session.def] ?? {}
    if (rotateEvery === undefined) return undefined
    const turned = (uses.get(id) ?? []).filter(
      (entry) => isAnswered(entry) && turns(entry) && !RENEWERS.has(entry.op.kind) && entry.cookies.some(Boolean),
    )
    const first = Math.min(...turned.map((entry) => clockOf(entry).end))
    return Number.isFinite(first) ? first + rotateGrace * 1000 : undefined
  }

  return { turns, mayHaveTurned, graceOf }
}
