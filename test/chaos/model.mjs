// What a history means: which ids are one session, who wrote what to it, and what is known for sure.
import { clockOf, endOf, isAnswered } from './entry.mjs'
import { createTurns } from './turns.mjs'

const RENEWERS = new Set(['login', 'regenerate', 'rotate'])
const LEAVERS = new Set(['logout', 'relog'])
const ENDERS = new Set([...RENEWERS, ...LEAVERS])
/** What starts both clocks again. */
const RESTARTERS = new Set(['login', 'regenerate'])
/** The lifetimes of the definition. */
const REGULAR = {}
/** What two clocks of one machine may differ by, and how much a deadline may lag behind on a busy one. In milliseconds. */
const CLOCKS_MS = 20
const LAG_MS = 500
/** How long after an outage calls may still fail, as clients connect again. In milliseconds. */
const RECOVERY_MS = 3000

/** @type {import('./model.mjs').createModel} */
export function createModel({ entries, policies, outages = [] }) {
  const byNumber = new Map(entries.map((entry) => [entry.n, entry]))
  const issues = new Map()
  const uses = new Map()
  const revokes = []
  const loginsOf = new Map()
  for (const entry of entries) {
    if (entry.sent !== null) push(uses, entry.sent, entry)
    if (entry.op.kind === 'revoke') revokes.push(entry)
  }
  const answered = entries.filter(isAnswered).toSorted((one, other) => one.end - other.end)
  const { turns, mayHaveTurned, graceOf } = createTurns({ policies, issues, uses })
  for (const entry of answered) {
    for (const id of entry.cookies.filter(Boolean)) {
      // An id handed out twice is what law 5 is about; here the first one counts.
      if (issues.has(id)) continue
      const parent = renews(entry) || turns(entry) ? issues.get(entry.sent) : undefined
      const session = parent?.session ?? { birth: entry.n, def: entry.def, ids: [], logins: [] }
      session.ids.push(id)
      issues.set(id, { id, entry, parent, session })
    }
  }
  const lifetimes = new Map()
  for (const entry of entries) {
    if (entry.op.kind === 'expire') push(lifetimes, targetOf(entry), entry)
    if (entry.op.kind !== 'login') continue
    push(loginsOf, `${entry.def} ${entry.op.user}`, entry)
    for (const session of [sessionOf(entry), ...freshSessions(entry)]) session?.logins.push(entry)
  }

  /** The session that a request found. */
  function sessionOf(entry) {
    return entry.report?.seen?.isNew ? undefined : issues.get(entry.sent)?.session
  }

  function freshSessions(entry) {
    return entry.cookies.map((id) => issues.get(id)?.session)
  }

  /**
   * The session that a request wrote to: the one it found, or the one it began. An answer that failed does not say what was found;
   * the id that it hands out does.
   */
  function targetOf({ op, sent, report, cookies }) {
    const issued = cookies.findLast(Boolean)
    const hasFound = report?.seen ? !report.seen.isNew : !issued
    return issues.get(op.kind !== 'relog' && hasFound && sent !== null ? sent : issued)?.session
  }

  /** With ids that change by themselves, an old one leads to what has become of the session. */
  function usesThrough(id) {
    const session = issues.get(id)?.session
    const ids = policies[session?.def]?.rotateEvery === undefined ? [id] : session.ids
    return ids.flatMap((each) => uses.get(each) ?? [])
  }

  /**
   * Requests of an older id of the session that were in flight when it got this one. A logout among them ends the session under
   * its new id, however often it was moved; another login with the id just before this one replaces the session.
   */
  function rivalsOf(issue) {
    const rivals = []
    for (let step = issue; step?.parent; step = step.parent)
      rivals.push(
        ...(uses.get(step.parent.id) ?? []).filter(
          (other) =>
            other !== step.entry &&
            (step === issue ? ENDERS.has(other.op.kind) : LEAVERS.has(other.op.kind)) &&
            other.start <= endOf(step.entry) &&
            endOf(other) >= issue.entry.start,
        ),
      )
    return rivals
  }

  /** Whether a session may lack what a write has stored, as it, or an earlier one of its ids, has replaced that of a parallel login. */
  function mayLack(sight, write) {
    for (let issue = issues.get(sight.sent); issue; issue = issue.parent) {
      if (write.sent === issue.id || write === issue.entry) return false
      if (mayBeTwin(issue)) return true
    }
    return false
  }

  /** The same for what a later request removed from the session of the parallel login: it was replaced with that session. */
  function mayReturn(sight, removal) {
    let replaced = false
    for (let issue = issues.get(sight.sent); issue; issue = issue.parent) {
      if (removal.sent === issue.id) return false
      replaced ||= mayBeTwin(issue)
    }
    return replaced
  }

  function mayBeTwin(issue) {
    return RESTARTERS.has(issue.entry.op.kind) && rivalsOf(issue).some(({ op }) => RENEWERS.has(op.kind))
  }

  /** Whether a session may lack all that it was before, its birth too. */
  function mayBeAnew(sight) {
    for (let issue = issues.get(sight.sent); issue; issue = issue.parent) if (mayBeTwin(issue)) return true
    return false
  }

  /** Requests that may have ended an id before a time: a new id, a logout, a revocation of its user, one login too many. */
  function mayHaveEnded(id, before, but) {
    const session = issues.get(id)?.session
    const users = new Set(session?.logins.map(({ op }) => op.user))
    const ended = [...usesThrough(id), ...rivalsOf(issues.get(id))].filter(
      (entry) => entry !== but && ENDERS.has(entry.op.kind) && entry.start <= before,
    )
    if (policies[session?.def]?.maxPerSubject !== undefined)
      for (const user of users)
        ended.push(...(loginsOf.get(`${session.def} ${user}`) ?? []).filter(({ start }) => start <= before))
    const revoked = revokes.filter(
      ({ def, op, start }) => def === session?.def && users.has(op.user) && start <= before,
    )
    return [...ended, ...revoked]
  }

  /** `yes`: stored for sure; `no`: dropped for sure; `maybe`: nobody can tell from outside. */
  function fateOf(entry) {
    const { op, status, end } = entry
    if (!isAnswered(entry)) return 'maybe'
    // It happens at once, whatever the response becomes.
    if (op.kind === 'regenerate' && entry.report.renewed) return 'yes'
    // Which of the two sessions of a request has failed does not show.
    if (entry.beside !== undefined && status >= 400 && !op.fail) return 'maybe'
    // Ended elsewhere, or given up after many conflicts.
    if (status === 409) return 'no'
    if (status === 500 && op.fail) return op.save ? 'yes' : 'no'
    if (status >= 400) return 'maybe'
    const policy = policies[entry.def]
    if (policy.saves && entry.op.kind !== 'relog') return 'yes'
    // The changes for a session that was ended meanwhile are dropped without a word.
    const places = [entry.report.seen?.isNew ? null : entry.sent, ...entry.cookies].filter(Boolean)
    const lost = places.some((id) => mayHaveEnded(id, end, entry).length > 0 || mayHaveExpired(id, entry))
    return lost ? 'maybe' : 'yes'
  }

  /** The request with which the absolute clock of an id began. */
  function restartOf({ entry, parent }) {
    return entry.op.kind === 'rotate' && parent ? restartOf(parent) : entry
  }

  /**
   * The lifetimes that a session may have when a request reads it: those of its definition, or one that a request has given it
   * and that no other has replaced for sure. Undefined where that cannot be told.
   */
  function lifetimesOf({ session }, reader) {
    const own = lifetimes.get(session)?.filter((entry) => entry !== reader && fits(entry))
    if (!own || own.length === 0) return [REGULAR]
    // A change of privilege starts some lifetimes again, and others not.
    if (session.ids.some((id) => RESTARTERS.has(issues.get(id).entry.op.kind))) return undefined
    const sure = own.filter((entry) => isAnswered(entry) && entry.status < 400 && policies[entry.def].saves)
    const replaced = (from) => sure.some(({ start, end }) => start > from && end < reader.start)
    return [...(replaced(Number.NEGATIVE_INFINITY) ? [] : [REGULAR]), ...own.filter((entry) => !replaced(endOf(entry)))]

    function fits({ start, status }) {
      return start <= reader.end && status !== 409
    }
  }

  function mayHaveExpired(id, reader) {
    const issue = issues.get(id)
    if (!issue) return true
    const { idleTimeout, touchAfter, maxAge } = policies[issue.session.def]
    const now = clockOf(reader).end + LAG_MS
    return lifetimesOf(issue, reader)?.every((lifetime) => now < soonest(lifetime)) !== true

    // `remember(false)` begins a regular lifetime.
    function soonest({ op, ...entry }) {
      if (op?.seconds) return clockOf(entry).start + op.seconds * 1000
      const used = keepers(id).filter(
        (use) => isAnswered(use) && use.status < 500 && use.report.seen?.isNew === false && use.end < reader.start,
      )
      const idle = (use) => {
        const renews = use === issue.entry || use.op.kind === 'touch'
        return clockOf(use).start + (idleTimeout - (renews ? 0 : touchAfter)) * 1000
      }
      let alive = idle(issue.entry)
      // A use that ended when it may have run out already has renewed nothing: it was dropped without a word.
      for (const use of used.sort((a, b) => a.end - b.end))
        if (clockOf(use).end + CLOCKS_MS < alive) alive = Math.max(alive, idle(use))
      const { start } = clockOf(op ? entry : restartOf(issue))
      return Math.min(alive, start + maxAge * 1000)
    }
  }

  function mustHaveExpired(id, reader) {
    const issue = issues.get(id)
    if (!issue) return false
    const { idleTimeout, maxAge } = policies[issue.session.def]
    const now = clockOf(reader).start - CLOCKS_MS
    return lifetimesOf(issue, reader)?.every((lifetime) => now > latest(lifetime)) === true

    function latest({ op, ...entry }) {
      if (op?.seconds) return clockOf(entry).end + op.seconds * 1000
      const used = keepers(id).filter((use) => use !== reader && use.start < reader.end)
      const lastUse = Math.max(...[issue.entry, ...used].map((use) => clockOf(use).end))
      const { end } = clockOf(op ? entry : restartOf(issue))
      return Math.min(lastUse + idleTimeout * 1000, end + maxAge * 1000)
    }
  }

  /** Requests that may keep a session alive. One that only looks does not. */
  function keepers(id) {
    return (uses.get(id) ?? []).filter(({ op }) => op.kind !== 'look')
  }

  const fates = new Map(entries.map((entry) => [entry, fateOf(entry)]))
  return {
    entries,
    answered,
    byNumber,
    uses: (id) => uses.get(id) ?? [],
    issues,
    revokes,
    sessionOf,
    targetOf,
    mayHaveEnded,
    mayLack,
    mayReturn,
    mayBeAnew,
    mayHaveExpired,
    mustHaveExpired,
    mayHaveTurned,
    graceOf,
    wasOut: (entry) => outages.some(([from, to]) => entry.start <= to + RECOVERY_MS && endOf(entry) >= from),
    isLasting: (session) => lifetimes.has(session),
    policyOf: ({ def }) => policies[def],
    fate: (entry) => fates.get(entry) ?? 'no',
    /** Requests that saw a session, with what they saw. */
    sights: answered.filter(({ report }) => report.seen?.isNew === false),
  }
}

/** Whether a request removes a key of the data, or with `items` and `note` a flash. */
export function removes({ op }, key) {
  const flash = key === 'items' || key === 'note'
  switch (op.kind) {
    case 'clear':
      return true
    case 'clearFlash':
      return flash && (key === 'items' || op.all === true)
    case 'delete':
      return op.key === key
    case 'regenerate':
      return !flash && op.keep !== undefined && !op.keep.includes(key)
    default:
      return false
  }
}

function renews({ op, report, status }) {
  // An error in place of the answer: the cookie proves that there is a new id, and only an old session gets one then.
  return RENEWERS.has(op.kind) && (report.seen ? report.renewed === true : status >= 400)
}

function push(map, key, item) {
  const list = map.get(key)
  if (list) list.push(item)
  else map.set(key, [item])
}
