import { onTestFinished, vi } from 'vitest'

/** Moves the monotonic clock of this process forward by so many milliseconds, until the test ends. */
export function later(milliseconds: number): void {
  const before = performance.now.bind(performance)
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => before() + milliseconds)
  onTestFinished(() => spy.mockRestore())
}
