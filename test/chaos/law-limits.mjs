// Nobody has more sessions than the definition allows, once the logins that brought them are answered.
import { isAnswered } from './entry.mjs'

/** @type {import('./checker.mjs').Law} */
export function checkLimits(model, { count, violate }) {
  const subjects = new Map()
  for (const sight of model.sights) {
    const { maxPerSubject } = model.policyOf(sight)
    const { user, login } = sight.report.seen
    if (maxPerSubject === undefined || user === undefined) continue
    const session = model.sessionOf(sight)
    const entry = model.byNumber.get(login)
    if (!session || !entry || !isStored(entry) || session.logins.some(isUnclear)) continue
    const subject = `${sight.def} ${user}`
    if (!subjects.has(subject)) subjects.set(subject, { user, maxPerSubject, stays: new Map() })
    const { stays } = subjects.get(subject)
    const stay = stays.get(entry)
    if (!stay || stay.last.start < sight.start) stays.set(entry, { session, login: entry, last: sight })
  }
  for (const { user, maxPerSubject, stays } of subjects.values()) {
    for (const { login } of stays.values()) {
      const now = login.end
      const there = [...stays.values()].filter((stay) => stay.login.end <= now && stay.last.start > now)
      const sessions = new Map(there.map((stay) => [stay.session, stay]))
      count('limit')
      if (sessions.size > maxPerSubject)
        violate(
          'limit',
          `${user} has ${sessions.size} sessions at once, and ${maxPerSubject} are allowed`,
          [...sessions.values()].flatMap((stay) => [stay.login, stay.last]),
        )
    }
  }
}

/** Answered, so that its own look at the number of sessions is over. */
function isStored({ op, status, ...entry }) {
  return isAnswered(entry) && (status < 400 || (status === 500 && op.fail && op.save))
}

/** It may have ended between its write and that look. */
function isUnclear({ op, status, ...entry }) {
  return !isAnswered(entry) || (status >= 400 && status !== 409 && !(status === 500 && op.fail))
}
