// Laws 2, 6 and 10: what has ended stays ended, what has expired is gone, and what is neither is there.
import { endOf, isAnswered } from './model.mjs'

/** @type {import('./checker.mjs').Law} */
export function checkEnds(model, { count, violate, note }) {
  for (const [id, issue] of model.issues) {
    const reads = model.uses(id).filter((entry) => isAnswered(entry) && entry.report.seen)
    checkDead(reads)
    for (const read of reads) {
      checkExpired(id, read)
      checkAlive(id, issue, read)
    }
  }
  checkRevoked()

  function checkDead(reads) {
    const ends = reads.filter(({ report }) => report.ended || report.renewed || report.seen.isNew)
    const first = ends.toSorted((one, other) => one.end - other.end)[0]
    if (!first) return
    for (const read of reads) {
      if (!(read.start > first.end)) continue
      count(2)
      if (!read.report.seen.isNew) violate(2, `a session that had ended is back`, [first, read])
    }
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
    if (read.start < issue.entry.end || model.mayHaveExpired(id, read)) return
    if (model.mayHaveEnded(id, read.end, read).length > 0) return
    count(10)
    if (read.report.seen.isNew) violate(10, `nobody has ended the session, and it is gone`, [issue.entry, read])
  }
}
