// Laws 2, 6 and 10: what has ended stays ended, what has expired is gone, and what is neither is there.
import { endOf, isAnswered } from './entry.mjs'

/** What gives a session another id at once. */
const MOVERS = new Set(['login', 'regenerate', 'rotate'])

/** @type {import('./checker.mjs').Law} */
export function checkEnds(model, { count, violate, note }) {
  let revived = 0
  for (const [id, issue] of model.issues) {
    const reads = model.uses(id).filter((entry) => isAnswered(entry) && entry.report.seen)
    checkDead(id, reads)
    for (const read of reads) {
      checkExpired(id, read)
      checkAlive(id, issue, read)
      checkGrace(id, issue, read)
    }
  }
  for (const logout of model.answered) if (logout.report.ended) checkEnded(logout)
  checkRevoked()
  note('sessions that were renewed while another request saw them expired', revived)

  function checkDead(id, reads) {
    const ends = reads.filter(({ report }) => report.ended || report.renewed || report.seen.isNew)
    const sure = ends.filter((end) => !isBeingKept(id, end))
    const first = sure.toSorted((one, other) => one.end - other.end)[0]
    const hasty = ends.find((end) => !sure.includes(end))
    if (hasty && reads.some(({ start, report }) => start > hasty.end && !report.seen.isNew)) revived++
    if (!first) return
    for (const read of reads) {
      if (!(read.start > first.end)) continue
      count(2)
      if (!read.report.seen.isNew) violate(2, `a session that had ended is back`, [first, read])
    }
  }

  /**
   * Whether a request saw a session expired while another one, which had found it in time, was about to renew its deadline: stores
   * have no clock, so that one succeeds.
   */
  function isBeingKept(id, read) {
    if (!read.report.seen.isNew || !model.mayHaveExpired(id, read)) return false
    return model
      .uses(id)
      .some((use) => use !== read && use.op.kind !== 'look' && use.start < read.end && endOf(use) > read.start)
  }

  /** A logout ends the session under all its ids, unless it was given another one at the same time. */
  function checkEnded(logout) {
    const session = model.sessionOf(logout)
    const meanwhile = session?.ids
      .flatMap((id) => model.uses(id))
      .some(({ op, start, ...entry }) => MOVERS.has(op.kind) && start < logout.end && endOf(entry) > logout.start)
    if (!session || meanwhile) return
    for (const sight of model.sights) {
      if (!(sight.start > logout.end) || sight.sent === logout.sent || model.sessionOf(sight) !== session) continue
      count(2)
      violate(2, `a session that had ended is there under another id`, [logout, sight])
    }
  }

  /** An id that was replaced by itself leads to the session for a while, and not longer. */
  function checkGrace(id, issue, read) {
    const until = model.graceOf(id)
    if (until === undefined || !((read.clock ?? read).start > until + 20)) return
    count(6)
    if (!read.report.seen.isNew) violate(6, `an id leads to its session after its grace`, [issue.entry, read])
  }

  /**
   * A login that was confirmed before the revocation, or that had looked for one before it was sent, is ended by it. One that
   * is stored later stands, even if its request had begun before.
   */
  function checkRevoked() {
    let late = 0
    for (const revoke of model.revokes) {
      if (!isAnswered(revoke) || revoke.status !== 200) continue
      for (const sight of model.sights) {
        const { user, login } = sight.report.seen
        if (sight.def !== revoke.def || user !== revoke.op.user || !(sight.start > revoke.end)) continue
        const began = model.byNumber.get(login)
        count(2)
        const told = began ? Math.min(endOf(began), began.report?.looked ?? Number.POSITIVE_INFINITY) : 0
        if (told >= revoke.start) late += began.start < revoke.start ? 1 : 0
        else
          violate(2, `${user} is logged in after all sessions of ${user} were revoked`, [
            began,
            revoke,
            model.issues.get(sight.sent)?.entry,
            sight,
          ])
      }
    }
    note('sights of a login that began before a revocation and was stored after its beginning', late)
  }

  function checkExpired(id, read) {
    if (!model.mustHaveExpired(id, read)) return
    count(6)
    if (!read.report.seen.isNew) violate(6, `a session that had expired is there`, [model.issues.get(id).entry, read])
  }

  /** The cookie that a response has set names a session, until something may have ended it. */
  function checkAlive(id, issue, read) {
    if (read.start < issue.entry.end || model.mayHaveExpired(id, read) || model.mayHaveTurned(id, read)) return
    if (model.mayHaveEnded(id, read.end, read).length > 0) return
    count(10)
    if (read.report.seen.isNew) violate(10, `nobody has ended the session, and it is gone`, [issue.entry, read])
  }
}
