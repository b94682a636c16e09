// Of the handlers that ask for the lock of a session, one at a time has it.

/** @type {import('./checker.mjs').Law} */
export function checkLocks(model, { count, violate }) {
  const holders = new Map()
  for (const entry of model.answered) {
    // An id that leads to another one after a while has the lock of that one then.
    if (!entry.report.held || model.policyOf(entry).rotateEvery !== undefined) continue
    const place = `${entry.def} ${entry.sent}`
    holders.set(place, [...(holders.get(place) ?? []), entry])
  }
  for (const entries of holders.values()) {
    entries.sort((one, other) => one.report.held[0] - other.report.held[0])
    let longest = entries[0]
    for (const entry of entries.slice(1)) {
      count('lock')
      if (entry.report.held[0] < longest.report.held[1])
        violate('lock', `two handlers had the lock of a session at once`, [longest, entry])
      if (entry.report.held[1] > longest.report.held[1]) longest = entry
    }
  }
}
