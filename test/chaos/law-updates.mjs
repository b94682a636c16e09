// Laws 1 and 9: what a response has confirmed is stored, stays stored, and nothing else is.
import { endOf } from './entry.mjs'
import { removes } from './model.mjs'

const REGISTERS = { a: 'write', b: 'write', c: 'write', login: 'login' }

/** @type {import('./checker.mjs').Law} */
export function checkUpdates(model, { count, violate }) {
  const writers = new Map()
  for (const entry of model.entries) {
    const session = model.targetOf(entry)
    if (session) writers.set(session, [...(writers.get(session) ?? []), entry])
  }
  for (const [session, writing] of writers) {
    const sights = model.sights.filter((sight) => model.sessionOf(sight) === session)
    checkLog(sights, writing)
    for (const key of Object.keys(REGISTERS)) checkRegister(key, sights, writing)
  }
  checkOwner()

  function checkLog(sights, writing) {
    const adds = writing.filter(({ op }) => op.kind === 'add')
    const removals = writing.filter((entry) => removes(entry, 'log') && model.fate(entry) !== 'no')
    const known = knownTimes(adds, sights, ({ log }, n) => log.includes(n))
    for (const sight of sights) {
      const { log, count: counted } = sight.report.seen
      count(1)
      if (new Set(log).size !== log.length) violate(1, `an increment was applied twice: [${log}]`, [sight])
      if (counted !== log.length) violate(1, `two keys of one commit differ: ${counted} and [${log}]`, [sight])
      for (const n of log) {
        const add = model.byNumber.get(n)
        if (!adds.includes(add)) violate(1, `increment ${n} is not of this session`, [sight, add])
        else if (isRefused(add, sight)) violate(1, `increment ${n} was refused and is there`, [sight, add])
        else if (add.start > sight.end) violate(1, `increment ${n} is there before it was sent`, [sight, add])
      }
      for (const removal of removals) {
        if (model.fate(removal) !== 'yes' || !(removal.end < sight.start) || model.mayReturn(sight, removal)) continue
        for (const add of adds) {
          if (!(Math.min(endOf(add), known.get(add)) < removal.start)) continue
          count(1)
          if (log.includes(add.n)) violate(1, `increment ${add.n} is there after it was removed`, [add, removal, sight])
        }
      }
      for (const add of adds) {
        if (!(known.get(add) < sight.start) || model.mayLack(sight, add)) continue
        if (removals.some((other) => other.start < sight.end && endOf(other) > add.start)) continue
        const alone = !writing.some((other) => other !== add && overlap(other, add))
        count(alone ? 9 : 1)
        if (!log.includes(add.n)) violate(alone ? 9 : 1, `increment ${add.n} is lost`, [add, sight])
      }
    }
  }

  /** A reader sees the last value that was confirmed before it began, or one whose writer overlaps with that. */
  function checkRegister(key, sights, writing) {
    const kinds = key === 'login' ? ['login'] : ['write', 'relog']
    const sets = writing.filter(({ op }) => kinds.includes(op.kind) && (key === 'login' || op.key === key))
    const removals = writing.filter((entry) => removes(entry, key) && model.fate(entry) !== 'no')
    const known = knownTimes(sets, sights, (seen, n) => seen[key] === n)
    for (const sight of sights) {
      const value = sight.report.seen[key]
      const set = value === undefined ? undefined : model.byNumber.get(value)
      count(1)
      if (value !== undefined && !sets.includes(set)) {
        violate(1, `${key} holds ${value}, which nobody has set in this session`, [sight, set])
        continue
      }
      if (set && isRefused(set, sight)) violate(1, `${key} holds ${value}, which was refused`, [sight, set])
      if (key === 'login' && set && sight.report.seen.user !== set.op.user)
        violate(1, `two keys of one login differ`, [sight, set])
      // Nothing is what a session begins with, and what a removal leaves.
      const emptied = removals.filter(({ start }) => start < sight.end).map(endOf)
      const latest = set ? Math.min(endOf(set), known.get(set)) : Math.max(Number.NEGATIVE_INFINITY, ...emptied)
      if (set)
        for (const removal of removals) {
          if (model.fate(removal) !== 'yes' || !(removal.end < sight.start) || model.mayReturn(sight, removal)) continue
          count(1)
          if (latest < removal.start) violate(1, `${key} holds ${value} after it was removed`, [set, removal, sight])
        }
      for (const other of sets) {
        if (other === set || !(known.get(other) < sight.start) || model.mayLack(sight, other)) continue
        const alone = !writing.some((third) => third !== other && overlap(third, other))
        count(alone ? 9 : 1)
        if (latest < other.start)
          violate(alone ? 9 : 1, `${key} = ${other.n} is lost, it holds ${value}`, [set, other, sight])
      }
    }
  }

  /** From when on a write is known to be stored: its answer, or the first time that somebody has seen it. */
  function knownTimes(writing, sights, shows) {
    return new Map(
      writing.map((entry) => {
        if (model.fate(entry) === 'no') return [entry, Number.POSITIVE_INFINITY]
        const seen = sights.filter(({ report }) => shows(report.seen, entry.n)).map(({ end }) => end)
        const told = model.fate(entry) === 'yes' ? entry.end : Number.POSITIVE_INFINITY
        return [entry, Math.min(told, ...seen)]
      }),
    )
  }

  /** What was stored and had to be taken back, as its session had run out or was one too many, may be seen meanwhile. */
  function isRefused(entry, sight) {
    return model.fate(entry) === 'no' && (entry.status !== 409 || entry.end < sight.start)
  }

  /** The data of a session that replaced another has no birth, or that of the first write to it. */
  function isOwn(birth, session) {
    const begun = model.byNumber.get(birth)
    return birth === undefined || (begun !== undefined && model.targetOf(begun) === session)
  }

  function checkOwner() {
    for (const sight of model.sights) {
      const session = model.sessionOf(sight)
      count(1)
      if (!session) violate(5, `an id that the server never handed out has data`, [sight])
      else if (model.mayBeAnew(sight) && isOwn(sight.report.seen.birth, session)) continue
      else if (sight.report.seen.birth !== session.birth)
        violate(1, `data of the session that ${sight.report.seen.birth} began`, [
          model.byNumber.get(session.birth),
          sight,
        ])
    }
  }
}

function overlap(one, other) {
  return one.start < endOf(other) && other.start < endOf(one)
}
