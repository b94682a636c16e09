import { setMaxListeners } from 'node:events'
import { afterMs } from '../../core/timers.js'

/** A limit on how long each of many calls may take. */
export interface Timeouts {
  /** From now on `onLate` may be called, once, until the answer is given to `end`; right after that the signal aborts. */
  begin(onLate: () => void): Waiting
  /** Whether less than about half of its time has passed. */
  isEarly(waiting: Waiting): boolean
  end(waiting: Waiting): void
}

export interface Waiting {
  readonly onLate: () => void
  readonly batch: Batch
}

/** What began in one step is late in one step, so it has one signal, which nobody pays for call by call. */
interface Batch {
  /** The step in which it began. */
  readonly since: number
  readonly controller: AbortController
  /** What to hand to a store with each call. */
  readonly options: { readonly signal: AbortSignal }
}

/** How many steps make a time-out: a call may take a tenth longer than allowed, never shorter. */
const STEPS = 10

/**
 * One timer for all calls in flight, because setting and clearing one for each costs more than a store in memory takes to
 * answer. It runs only while there is something to wait for.
 */
export function createTimeouts(timeoutMs: number): Timeouts {
  // In the order of their beginning, so the first that is not late ends the search.
  const all = new Set<Waiting>()
  let now = 0
  let running = false
  let newest: Batch | undefined

  function run(): void {
    running = true
    // What is waited for keeps the process alive by its own connection; an answered call must not.
    afterMs(timeoutMs / STEPS, step)
  }

  function step(): void {
    now++
    for (const waiting of all) {
      if (now - waiting.batch.since < STEPS) break
      all.delete(waiting)
      waiting.onLate()
      waiting.batch.controller.abort(new DOMException('Nobody waits for this answer any more.', 'TimeoutError'))
    }
    running = false
    if (all.size > 0) run()
  }

  function currentBatch(): Batch {
    const since = running ? now + 1 : now
    if (newest?.since !== since) {
      const controller = new AbortController()
      // As many listeners as calls that began in this step: none has leaked.
      setMaxListeners(0, controller.signal)
      newest = { since, controller, options: { signal: controller.signal } }
    }
    return newest
  }

  return {
    begin(onLate) {
      const waiting = { onLate, batch: currentBatch() }
      all.add(waiting)
      if (!running) run()
      return waiting
    },
    isEarly: (waiting) => now - waiting.batch.since < STEPS / 2,
    end: (waiting) => void all.delete(waiting),
  }
}
