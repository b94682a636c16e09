import { afterEach, describe, expect, it, vi } from 'vitest'
import { backoff } from '../../../src/core/backoff.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the wait before another attempt', () => {
  it.each([
    [1, 1],
    [3, 4],
    [10, 50],
    [2000, 50],
  ])('after %i attempts it is %i ms when chance is at its middle: it doubles up to its limit', async (attempt, ms) => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    let over = false
    void backoff(attempt, 100).then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(ms - 1)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(over).toBe(true)
  })
})
