import { monotonic, turn } from './timers.js'

/** How long a loop may run before it yields to the event loop, in milliseconds. */
const EVERY_MS = 5

/**
 * For loops over many records. Call the returned function after each step and await its result: every few milliseconds it is a
 * promise that settles in a later round of the event loop, so that timers, sockets and other requests run in between. Awaiting
 * promises that are settled already does not let them run, so a loop over a store in memory would block the process.
 */
export function createPace(): () => Promise<void> | undefined {
  let last = monotonic()
  let pause: Promise<void> | undefined
  return () => {
    if (pause) return pause
    if (monotonic() - last < EVERY_MS) return undefined
    pause = turn().then(() => {
      pause = undefined
      last = monotonic()
    })
    return pause
  }
}
