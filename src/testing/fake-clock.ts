import type { Clock } from '../core/clock.js'

/** A clock that moves only when it is told to. */
export interface FakeClock extends Clock {
  /** Moves the clock forward by so many seconds. */
  advance(seconds: number): void
}

/**
 * A clock for `clock` of a definition that stands still until it is moved, so that a test need not wait for a deadline.
 *
 * ```ts
 * const clock = fakeClock()
 * const browser = createTestClient(appSession.with({ clock }))
 * clock.advance(3600)
 * ```
 *
 * @param start milliseconds since the Unix epoch. @default 2026-01-01T00:00:00Z
 */
export function fakeClock(start: number = Date.UTC(2026, 0, 1)): FakeClock {
  let now = start
  const clock = () => now
  return Object.assign(clock, {
    advance(seconds: number) {
      now += seconds * 1000
    },
  })
}
