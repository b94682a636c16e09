// Law 3: a flash is in one committed response, never in two, and it is not lost while its session lives.
import { endOf, isAnswered } from './model.mjs'

/** @type {import('./checker.mjs').Law} */
export function checkFlash(model, { count, violate, note }) {
  const takes = model.entries.filter(({ op }) => op.kind === 'take')
  const sets = model.entries.filter(({ op }) => op.kind === 'item' || op.kind === 'note')
  const unsettled = takes.filter((take) => !isAnswered(take) || !take.report.taken)
  note('flash takes whose outcome nobody knows', unsettled.length)

  const delivered = new Map()
  for (const take of takes) {
    if (!isAnswered(take)) continue
    for (const n of itemsOf(take.report.taken)) {
      count(3)
      checkOrigin(n, take)
      // A response with status 500 puts back what it took.
      if (take.status >= 500) continue
      const earlier = delivered.get(n)
      if (earlier) violate(3, `flash ${n} was delivered twice`, [model.byNumber.get(n), earlier, take])
      delivered.set(n, take)
    }
  }
  for (const sight of model.sights) {
    for (const n of itemsOf(sight.report.seen)) {
      count(3)
      checkOrigin(n, sight)
      const take = delivered.get(n)
      if (take && take.end < sight.start) violate(3, `flash ${n} waits again after it was delivered`, [take, sight])
    }
  }
  const bySession = new Map()
  for (const sight of model.sights) {
    const session = model.sessionOf(sight)
    if (session) bySession.set(session, [...(bySession.get(session) ?? []), sight])
  }
  for (const [session, sights] of bySession) {
    const own = sets.filter((set) => model.targetOf(set) === session)
    const taking = takes.filter((take) => session.ids.includes(take.sent))
    for (const set of own) if (model.fate(set) === 'yes') checkKept(set, sights, own, taking)
  }

  function checkOrigin(n, reader) {
    const set = model.byNumber.get(n)
    const session = model.sessionOf(reader)
    if (!session) return
    if (!set || model.targetOf(set) !== session) violate(3, `flash ${n} is not of this session`, [set, reader])
    else if (model.fate(set) === 'no') violate(3, `flash ${n} was refused and is there`, [set, reader])
  }

  function checkKept(set, sights, own, taking) {
    const { n } = set
    // A newer single value stands in place of the older one.
    const replaced = set.op.kind === 'note' && own.some((other) => replaces(other, set))
    if (replaced) return
    for (const sight of sights) {
      if (!(sight.start > set.end)) continue
      const take = delivered.get(n)
      if (take && take.start < sight.end) continue
      if (taking.some((other) => mayHold(other, sight))) continue
      count(3)
      if (!itemsOf(sight.report.seen).includes(n)) violate(3, `flash ${n} is lost`, [set, sight])
    }
  }

  function replaces(other, set) {
    return other !== set && other.op.kind === 'note' && model.fate(other) !== 'no' && endOf(other) > set.start
  }

  /** Whether a request may have a flash in its hands, or may have dropped it with the session. */
  function mayHold(take, sight) {
    if (take === sight || take.start > sight.end) return false
    if (!isAnswered(take) || !take.report.taken) return true
    if (take.status < 500) return false
    return take.end > sight.start || model.mayHaveEnded(take.sent, take.end, take).length > 0
  }
}

function itemsOf(flash) {
  const { items = [], note } = flash ?? {}
  return typeof note === 'number' ? [...items, note] : items
}
