import { setImmediate, setTimeout } from 'node:timers'

// In constants: a test runner may put others into the module, too.
const [realTimeout, realImmediate] = [setTimeout, setImmediate]
const globalTimeout = globalThis.setTimeout
const now = performance.now.bind(performance)

/**
 * Waits, by a timer that a test which fakes `setTimeout` does not reach: such a test has no reason to move time on for a
 * commit that meets another one, which would then never end.
 */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void realTimeout(resolve, ms))
}

/** Lets everything in that has happened meanwhile. Timers that are faked do not hold it up. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void realImmediate(resolve))
}

/** Milliseconds on a clock that nobody sets, nor fakes. */
export function monotonic(): number {
  return now()
}

/** Whether somebody has put another `setTimeout` in the place of the one that was there at import. */
export function areTimersFaked(): boolean {
  return globalThis.setTimeout !== globalTimeout
}

/** What to do about it in a test. */
export const FAKE_LESS =
  "Fake less, such as vi.useFakeTimers({ toFake: ['Date'] }), or give the definition `clock: fakeClock()` and fake nothing."

/**
 * Calls back once, after `ms` milliseconds; keeps no process alive. Where `setTimeout` is faked, by whichever time comes first: a test may
 * move the faked one on, and one that does not must not make a bounded wait endless.
 */
export function afterMs(ms: number, run: () => void): void {
  if (!areTimersFaked()) {
    globalThis.setTimeout(run, ms).unref()
    return
  }
  let isDue = true
  const once = () => {
    if (isDue) run()
    isDue = false
  }
  globalThis.setTimeout(once, ms).unref()
  realTimeout(once, ms).unref()
}
