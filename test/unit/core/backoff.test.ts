import { afterEach, describe, expect, it, vi } from 'vitest'
import { backoff } from '../../../src/core/backoff.js'
import { pause } from '../../../src/core/timers.js'

vi.mock('../../../src/core/timers.js', () => ({ pause: vi.fn<(ms: number) => Promise<void>>(async () => {}) }))

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the wait before another attempt', () => {
  it.each([
    [1, 1],
    [3, 4],
    [10, 50],
    [2000, 50],
  ])('after %i attempts it is %i ms when chance is at its middle: it doubles up to its limit', async (attempt, ms) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    await backoff(attempt, 100)
    expect(pause).toHaveBeenLastCalledWith(ms)
  })
})
