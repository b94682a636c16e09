import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTimeouts } from '../../../../src/session/store/time-limits.js'

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

  it('M083: aborts the signal of what is late, right after saying so, and no other', () => {
    const timeouts = createTimeouts(1000)
    const said: boolean[] = []
    const late = timeouts.begin(() => said.push(late.batch.options.signal.aborted))
    const answered = timeouts.begin(() => {})
    const beside = timeouts.begin(() => {})
    expect(beside.batch.options).toBe(answered.batch.options)
    timeouts.end(answered)
    timeouts.end(beside)
    vi.advanceTimersByTime(250)
    const later = timeouts.begin(() => {})
    vi.advanceTimersByTime(749)
    expect(late.batch.options.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(said).toEqual([false])
    expect(late.batch.options.signal).toMatchObject({ aborted: true, reason: { name: 'TimeoutError' } })
    expect(later.batch.options.signal.aborted).toBe(false)
    expect(answered.batch.options.signal.aborted).toBe(false)
  })

  it('M083: a driver may listen to the signal for each of many calls, without a warning of a leak', async () => {
    const warned = vi.fn<(warning: Error) => void>()
    process.on('warning', warned)
    const { signal } = createTimeouts(1000).begin(() => {}).batch.options
    for (let i = 0; i < 50; i++) signal.addEventListener('abort', () => {})
    await new Promise((resolve) => process.nextTick(resolve))
    process.off('warning', warned)
    expect(warned).not.toHaveBeenCalled()
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
