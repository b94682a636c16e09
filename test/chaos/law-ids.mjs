// Law 5: only the server makes ids, each of them once, and only for a session that holds something.
import { endOf } from './entry.mjs'

const WRITERS = new Set(['write', 'add', 'item', 'note', 'login', 'relog', 'expire'])

/** @type {import('./checker.mjs').Law} */
export function checkIds(model, { count, violate }) {
  const issued = new Map()
  const made = new Map()
  for (const entry of model.entries)
    if (entry.sent !== null && !model.issues.has(entry.sent)) made.set(entry.sent, entry)
  for (const entry of model.answered) {
    const { sent, report, op, cookies, status } = entry
    for (const id of cookies.filter(Boolean)) {
      count(5)
      if (made.has(id)) violate(5, `an id that the client made up was adopted`, [entry])
      if (op.kind === 'look') violate(10, `a request that only looks has set a cookie`, [entry])
      if (isRepeated(id, entry)) continue
      if (id === sent) violate(5, `the id that the client sent was handed out as a new one`, [entry])
      if (issued.has(id)) violate(5, `one id was handed out twice`, [issued.get(id), entry])
      issued.set(id, entry)
    }
    // Ids that only a response nobody received has handed out are unknown here as well, but nobody sends those.
    if (made.has(sent)) {
      count(5)
      if (report.seen && !report.seen.isNew) violate(5, `an id that the client made up has a session`, [entry])
    }
    checkAges(entry)
    if (report.seen?.isNew && (!WRITERS.has(op.kind) || (status === 500 && op.fail && !op.save))) {
      count(5)
      if (cookies.some(Boolean)) violate(5, `an id was handed out though nothing was written`, [entry])
    }
    if (cookies.includes('') && report.seen && !report.ended)
      violate(10, `the cookie was removed though the session was not`, [entry])
    if (report.ended && cookies.length === 0) violate(10, `the session was removed, and its cookie was not`, [entry])
    // A session that ended after it got its new id leaves nothing to hand out.
    const kept = !mayHaveEndedMeanwhile(entry) && !model.mayHaveExpired(sent, entry)
    if (report.renewed && !cookies.some(Boolean) && kept) violate(10, `the new id was not handed out`, [entry])
  }

  /** Where lifetimes change, an id is sent again with its new one; where ids change by themselves, the next one to all who need it. */
  function isRepeated(id, entry) {
    const session = model.sessionOf(entry)
    if (!session || model.issues.get(id)?.session !== session) return false
    if (id === entry.sent) return model.isLasting(session)
    return model.policyOf(entry).rotateEvery !== undefined
  }

  /** A browser keeps the id as long as the session lives, when the app has said how long that is. */
  function checkAges({ op, start, end, status, cookies, ages = [], ...entry }) {
    if (op.kind !== 'expire' || op.how !== 'remember' || status >= 400) return
    const at = cookies.findLastIndex(Boolean)
    if (at < 0) return
    count(10)
    const age = ages[at] ?? false
    const [least, most] = [op.seconds - (end - start) / 1000 - 1, op.seconds]
    const right = op.seconds === false ? age === false : age !== false && age >= least && age <= most
    if (!right) violate(10, `a session remembered for ${op.seconds} has a cookie for ${age}`, [entry])
  }

  function mayHaveEndedMeanwhile(entry) {
    const { def, sent, op, start, end } = entry
    const revoked = model.revokes.some(
      (revoke) => revoke.def === def && revoke.op.user === op.user && revoke.start <= end && endOf(revoke) >= start,
    )
    return revoked || model.mayHaveEnded(sent, end, entry).length > 0
  }
}
