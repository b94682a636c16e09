import { fairnessLaws } from '../../src/testing/store-laws/fairness.js'
import { garbageRaceLaws } from '../../src/testing/store-laws/garbage.js'
import { modelLaws } from '../../src/testing/store-laws/model.js'
import { powerRaceLaws } from '../../src/testing/store-laws/powers.js'
import { processLaws } from '../../src/testing/store-laws/processes.js'
import { raceLaws } from '../../src/testing/store-laws/races.js'
import { skewLaws } from '../../src/testing/store-laws/skew.js'
import { unknownLaws } from '../../src/testing/store-laws/unknown.js'
import type { It } from '../../src/testing/store-laws.js'

// `npm test` is for every change, and plays a part of what takes minutes; `npm run test:long` plays all of it. Each file that
// imports this one is run by both: vitest.config.ts looks for the import.

const isLong = process.env['TEST_LONG'] === '1'

/** Runs of a property: `full` in `npm run test:long`, a fifth of them in `npm test`. `CHAOS_RUNS` asks for a number of its own. */
export const runs = (full: number) => Number(process.env['CHAOS_RUNS'] ?? (isLong ? full : Math.ceil(full / 5)))

/** Laws that take seconds each, because they need many records, rounds or processes. */
const slowLaws = new Set(
  Object.keys({
    ...fairnessLaws,
    ...garbageRaceLaws,
    ...modelLaws,
    ...powerRaceLaws,
    ...processLaws,
    ...raceLaws,
    ...skewLaws,
    ...unknownLaws,
  }),
)

/**
 * For a store that another way of opening it puts through all laws in every run, such as one driver of several: the laws that take
 * seconds are left to `npm run test:long`.
 */
export function variantIt(it: It): It {
  return (name, run) => {
    if (isLong || !slowLaws.has(name)) it(name, run)
  }
}
