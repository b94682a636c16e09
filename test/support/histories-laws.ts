import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SessionStore } from '../../src/stores/port.js'
import { check } from '../chaos/checker.mjs'
import { printViolation } from '../chaos/print.mjs'
import { play } from './histories.js'
import { findBroken, racy } from './histories-breaks.js'
import { cases, overlaps } from './histories-steps.js'

/**
 * One test for each law, on `runs` histories.
 * @param open the connections to play on, anew for each history
 */
export function historyLaws(open: () => readonly SessionStore[], runs: number): void {
  it.for(cases)(
    `law $law: $title`,
    { timeout: 600_000 },
    async ({ law, def = 'strict', tabs, atLeast }, { annotate }) => {
      let [checked, played] = [0, 0]
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), tabs, overlaps, async (s, steps, overlapping) => {
          const failures: unknown[] = []
          const onFailure = (error: unknown) => failures.push(error)
          const history = await play(s, steps, { def, stores: open(), overlaps: overlapping, onFailure })
          // Nothing has failed here: a store that fails nevertheless would hide what it does wrong behind unknown outcomes.
          if (failures.length > 0) throw failures[0]
          const verdict = check(history)
          checked += verdict.checked[law]
          played++
          const [violation] = verdict.violations
          if (violation) throw new Error(printViolation(history, violation))
        }),
        { numRuns: runs, endOnFailure: true },
      )
      await annotate(`${played} histories, ${checked} checks`)
      // Where nothing could go wrong, nothing was tested.
      expect(checked).toBeGreaterThan(0)
      // Few histories say nothing of an average.
      if (played >= 100) expect(checked / played).toBeGreaterThan(atLeast)
    },
  )
}

/** A test that calls do overlap on the way to these connections: without that, a race within the store would go unseen. */
export function historyRaces(open: () => readonly SessionStore[]): void {
  it(`finds a store whose ${racy.what}`, async () => {
    const found = await findBroken(racy, open)
    expect(racy.laws).toContain(found?.violation.law)
  })
}
