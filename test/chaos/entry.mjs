// What an entry of a history says of its time.

/** @type {import('./entry.mjs').isAnswered} */
export function isAnswered(entry) {
  return entry.outcome === 'answered'
}

/** @type {import('./entry.mjs').endOf} */
export function endOf(entry) {
  return isAnswered(entry) ? entry.end : Number.POSITIVE_INFINITY
}

/** @type {import('./entry.mjs').clockOf} */
export function clockOf({ clock, start, ...entry }) {
  return clock ?? { start, end: endOf({ start, ...entry }) }
}
