import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTimeouts } from '../../../src/session/timeouts.js'

describe('createTimeouts', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('J6: calls late at the time-out, not before, and once', () => {
    const onLate = vi.fn<() => void>()
    createTimeouts(1000).begin(onLate)
    vi.advanceTimersByTime(999)
    expect(onLate).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onLate).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(5000)
    expect(onLate).toHaveBeenCalledTimes(1)
  })

  it('gives a call that joins others its full time, and at most a tenth more', () => {
    const onLate = vi.fn<() => void>()
    const timeouts = createTimeouts(1000)
    timeouts.begin(() => {})
    vi.advanceTimersByTime(150)
    timeouts.begin(onLate)
    vi.advanceTimersByTime(1000)
    expect(onLate).not.toHaveBeenCalled()
    vi.advanceTimersByTime(100)
    expect(onLate).toHaveBeenCalledTimes(1)
  })

  it('leaves an answered call alone, and stops when nothing is waited for', () => {
    const onLate = vi.fn<() => void>()
    const timeouts = createTimeouts(1000)
    timeouts.end(timeouts.begin(onLate))
    vi.advanceTimersByTime(2000)
    expect(onLate).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
    timeouts.begin(onLate)
    vi.advanceTimersByTime(1000)
    expect(onLate).toHaveBeenCalledTimes(1)
  })
})
