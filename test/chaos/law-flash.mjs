// Law 3: a flash is in one committed response, never in two, and it is not lost while its session lives.
import { endOf, isAnswered } from './entry.mjs'
import { removes } from './model.mjs'

/** @type {import('./checker.mjs').Law} */
export function checkFlash(model, { count, violate, note }) {
  const takes = model.entries.filter(({ op }) => op.kind === 'take')
  const keeps = model.entries.filter(({ op }) => op.kind === 'keep')
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
  // What was queued again counts as not delivered.
  for (const keep of keeps) if (isAnswered(keep)) checkWaiting(keep, itemsOf(keep.report.kept))
  for (const now of model.answered) {
    if (now.op.kind !== 'now' || !now.report.seen) continue
    count(3)
    if (now.report.shown !== now.n) violate(3, `flash ${now.n} is not there for its own request`, [now])
  }
  for (const sight of model.sights) checkWaiting(sight, itemsOf(sight.report.seen))

  function checkWaiting(sight, items) {
    if (new Set(items).size !== items.length) violate(3, `a flash waits twice: [${items}]`, [sight])
    for (const n of items) {
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
    const taking = [...takes, ...keeps].filter((take) => session.ids.includes(take.sent))
    const removals = model.entries.filter(
      (entry) => (entry.op.kind === 'clear' || entry.op.kind === 'clearFlash') && model.targetOf(entry) === session,
    )
    for (const set of own) if (model.fate(set) === 'yes') checkKept(set, sights, own, taking, removals)
    for (const removal of removals) if (model.fate(removal) === 'yes') checkCleared(removal, sights, taking)
  }

  /** What a request has in its hands while all is cleared may come back: it is put back, or queued again. */
  function checkCleared(removal, sights, taking) {
    const holding = taking.some(
      (take) =>
        take.start < removal.end &&
        endOf(take) > removal.start &&
        !(take.op.kind === 'take' && isAnswered(take) && take.status < 400),
    )
    if (holding) return
    for (const sight of sights) {
      if (!(sight.start > removal.end)) continue
      for (const n of itemsOf(sight.report.seen)) {
        const set = model.byNumber.get(n)
        if (!set || !removes(removal, set.op.kind === 'item' ? 'items' : 'note')) continue
        count(3)
        if (endOf(set) < removal.start) violate(3, `flash ${n} waits again after it was cleared`, [set, removal, sight])
      }
    }
  }

  function checkOrigin(n, reader) {
    const set = model.byNumber.get(n)
    const session = model.sessionOf(reader)
    if (!session) return
    if (set?.op.kind === 'now') violate(3, `flash ${n} was for its own request alone`, [set, reader])
    else if (!set || model.targetOf(set) !== session) violate(3, `flash ${n} is not of this session`, [set, reader])
    else if (model.fate(set) === 'no') violate(3, `flash ${n} was refused and is there`, [set, reader])
  }

  function checkKept(set, sights, own, taking, removals) {
    const { n } = set
    const channel = set.op.kind === 'item' ? 'items' : 'note'
    const clearing = removals.filter(
      (entry) => removes(entry, channel) && model.fate(entry) !== 'no' && endOf(entry) > set.start,
    )
    // A newer single value stands in place of the older one.
    const replaced = set.op.kind === 'note' && own.some((other) => replaces(other, set))
    if (replaced) return
    for (const sight of sights) {
      if (!(sight.start > set.end) || model.mayLack(sight, set)) continue
      const take = delivered.get(n)
      if (take && take.start < sight.end) continue
      if (taking.some((other) => mayHold(other, sight))) continue
      if (clearing.some(({ start }) => start < sight.end)) continue
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
    if (!isAnswered(take) || !(take.report.taken ?? take.report.kept)) return true
    if (take.op.kind === 'take' && take.status < 500) return false
    // What a failed response cannot put back, as the store is down, is lost.
    if (take.status >= 500 && model.wasOut(take)) return true
    // Queued again with its response.
    if (take.op.kind === 'keep' && take.status < 500 && model.fate(take) !== 'yes') return true
    return take.end > sight.start || model.mayHaveEnded(take.sent, take.end, take).length > 0
  }
}

function itemsOf(flash) {
  const { items = [], note } = flash ?? {}
  return typeof note === 'number' ? [...items, note] : items
}
