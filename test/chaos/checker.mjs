// The laws, as a function of a history: no clock, no server, no library.
import { checkEnds } from './law-ends.mjs'
import { checkFlash } from './law-flash.mjs'
import { checkIds } from './law-ids.mjs'
import { checkLeaks } from './law-leaks.mjs'
import { checkLimits } from './law-limits.mjs'
import { checkLocks } from './law-locks.mjs'
import { checkUpdates } from './law-updates.mjs'
import { createModel } from './model.mjs'

/** @type {import('./checker.mjs').LAWS} */
export const LAWS = {
  1: 'no lost update',
  2: 'no resurrection',
  3: 'a flash is delivered once',
  5: 'only the server makes ids',
  6: 'expired is gone',
  9: 'what is confirmed is stored',
  10: 'the cookie mirrors the store',
  lock: 'one handler at a time',
  limit: 'no session too many',
  leak: 'nothing secret is printed',
}

/** @type {import('./checker.mjs').check} */
export function check(history) {
  const model = createModel(history)
  const checked = Object.fromEntries(Object.keys(LAWS).map((law) => [law, 0]))
  const notes = {}
  const violations = []
  const report = {
    count: (law) => checked[law]++,
    note: (what, number) => (notes[what] = number),
    violate: (law, what, entries) => violations.push({ law, what, entries: entries.filter(Boolean).map(({ n }) => n) }),
  }
  for (const law of [checkUpdates, checkEnds, checkFlash, checkIds, checkLocks, checkLimits, checkLeaks])
    law(model, report, history)
  return { violations, checked, notes }
}
