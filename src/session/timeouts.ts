/** A limit on how long each of many calls may take. */
export interface Timeouts {
  /** From now on `onLate` may be called, once, until the answer is given to `end`. */
  begin(onLate: () => void): Waiting
  end(waiting: Waiting): void
}

export interface Waiting {
  readonly onLate: () => void
  /** The step in which it began. */
  readonly since: number
}

/** How many steps make a time-out: a call may take a tenth longer than allowed, never shorter. */
const STEPS = 10

/**
 * One timer for all calls under way, because setting and clearing one for each costs more than a store in memory takes to
 * answer. It runs only while there is something to wait for.
 */
export function createTimeouts(timeoutMs: number): Timeouts {
  // In the order of their beginning, so the first that is not late ends the search.
  const all = new Set<Waiting>()
  let now = 0
  let running = false

  function run(): void {
    running = true
    // What is waited for keeps the process alive by its own connection; an answered call must not.
    setTimeout(step, timeoutMs / STEPS).unref()
  }

  function step(): void {
    now++
    for (const waiting of all) {
      if (now - waiting.since < STEPS) break
      all.delete(waiting)
      waiting.onLate()
    }
    running = false
    if (all.size > 0) run()
  }

  return {
    begin(onLate) {
      const waiting = { onLate, since: running ? now + 1 : now }
      all.add(waiting)
      if (!running) run()
      return waiting
    },
    end: (waiting) => void all.delete(waiting),
  }
}
