// What a history means: which ids are one session, who wrote what to it, and what is known for sure.

const RENEWERS = new Set(['login', 'regenerate', 'rotate'])
const ENDERS = new Set([...RENEWERS, 'logout', 'relog'])
/** What two clocks of one machine may differ by, and how much a deadline may lag behind on a busy one. In milliseconds. */
const CLOCKS_MS = 20
const LAG_MS = 500

/** @type {import('./model.mjs').createModel} */
export function createModel({ entries, policies }) {
  const byNumber = new Map(entries.map((entry) => [entry.n, entry]))
  const issues = new Map()
  const uses = new Map()
  const revokes = []
  for (const entry of entries) {
    if (entry.sent !== null) push(uses, entry.sent, entry)
    if (entry.op.kind === 'revoke') revokes.push(entry)
  }
  const answered = entries.filter(isAnswered).toSorted((one, other) => one.end - other.end)
  for (const entry of answered) {
    for (const id of entry.cookies.filter(Boolean)) {
      // An id handed out twice is what law 5 is about; here the first one counts.
      if (issues.has(id)) continue
      const parent = renews(entry) ? issues.get(entry.sent) : undefined
      const session = parent?.session ?? { birth: entry.n, def: entry.def, ids: [], logins: [] }
      session.ids.push(id)
      issues.set(id, { id, entry, parent, session })
    }
  }
  for (const entry of entries) {
    if (entry.op.kind !== 'login') continue
    for (const session of [sessionOf(entry), ...freshSessions(entry)]) session?.logins.push(entry)
  }

  /** The session that a request found. */
  function sessionOf(entry) {
    return entry.report?.seen?.isNew ? undefined : issues.get(entry.sent)?.session
  }

  function freshSessions(entry) {
    return entry.cookies.map((id) => issues.get(id)?.session)
  }

  /** The session that a request wrote to: the one it found, or the one it began. */
  function targetOf(entry) {
    if (entry.op.kind !== 'relog' && !entry.report?.seen?.isNew && entry.sent !== null)
      return issues.get(entry.sent)?.session
    return issues.get(entry.cookies.findLast(Boolean))?.session
  }

  /** Requests that may have ended an id before a time: a new id, a logout, a revocation of its user. */
  function mayHaveEnded(id, before, but) {
    const session = issues.get(id)?.session
    const users = new Set(session?.logins.map(({ op }) => op.user))
    const ended = (uses.get(id) ?? []).filter(
      (entry) => entry !== but && ENDERS.has(entry.op.kind) && entry.start <= before,
    )
    const revoked = revokes.filter(
      ({ def, op, start }) => def === session?.def && users.has(op.user) && start <= before,
    )
    return [...ended, ...revoked]
  }

  /** `yes`: stored for sure; `no`: dropped for sure; `maybe`: nobody can tell from outside. */
  function fateOf(entry) {
    const { op, status, end } = entry
    if (!isAnswered(entry)) return 'maybe'
    // Ended elsewhere, or given up after many conflicts.
    if (status === 409) return 'no'
    if (status === 500 && op.fail) return op.save ? 'yes' : 'no'
    if (status >= 400) return 'maybe'
    const policy = policies[entry.def]
    if (policy.onGone === 'throw') return 'yes'
    // The changes for a session that was ended meanwhile are dropped without a word.
    const places = [entry.report.seen?.isNew ? null : entry.sent, ...entry.cookies].filter(Boolean)
    const lost = places.some((id) => mayHaveEnded(id, end, entry).length > 0 || mayHaveExpired(id, entry))
    return lost ? 'maybe' : 'yes'
  }

  /** The request with which the absolute clock of an id began. */
  function restartOf({ entry, parent }) {
    return entry.op.kind === 'rotate' && parent ? restartOf(parent) : entry
  }

  function mayHaveExpired(id, reader) {
    const issue = issues.get(id)
    if (!issue) return true
    const { idleTimeout, touchAfter, maxAge } = policies[issue.session.def]
    const used = (uses.get(id) ?? []).filter(
      (use) => isAnswered(use) && use.status < 500 && use.report.seen?.isNew === false && use.end < reader.start,
    )
    const lastUse = Math.max(...[issue.entry, ...used].map((use) => clockOf(use).start))
    const idle = lastUse + (idleTimeout - touchAfter) * 1000
    const absolute = clockOf(restartOf(issue)).start + maxAge * 1000
    return clockOf(reader).end + LAG_MS >= Math.min(idle, absolute)
  }

  function mustHaveExpired(id, reader) {
    const issue = issues.get(id)
    if (!issue) return false
    const { idleTimeout, maxAge } = policies[issue.session.def]
    const used = (uses.get(id) ?? []).filter((use) => use !== reader && use.start < reader.end)
    const lastUse = Math.max(...[issue.entry, ...used].map((use) => clockOf(use).end))
    const idle = lastUse + idleTimeout * 1000
    const absolute = clockOf(restartOf(issue)).end + maxAge * 1000
    return clockOf(reader).start > Math.min(idle, absolute) + CLOCKS_MS
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
    mayHaveExpired,
    mustHaveExpired,
    fate: (entry) => fates.get(entry) ?? 'no',
    /** Requests that saw a session, with what they saw. */
    sights: answered.filter(({ report }) => report.seen?.isNew === false),
  }
}

/** @type {import('./model.mjs').isAnswered} */
export function isAnswered(entry) {
  return entry.outcome === 'answered'
}

/** @type {import('./model.mjs').endOf} */
export function endOf(entry) {
  return isAnswered(entry) ? entry.end : Number.POSITIVE_INFINITY
}

/** By the clock of the definition, where that is not the one of the history. */
function clockOf({ clock, start, ...entry }) {
  return clock ?? { start, end: endOf({ start, ...entry }) }
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
