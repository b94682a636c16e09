import { describe, expect, it, vi } from 'vitest'
import { SessionValidationError, StoreError } from '../../../src/core/errors.js'
import { pause } from '../../../src/core/timers.js'
import { createBoundedCall } from '../../../src/session/store/bounded-call.js'

const cut = new Error('connection reset')

describe('a call of a store whose failure is heard', () => {
  it.each([
    ['fails', () => Promise.reject(cut), 'ERR_SESSION_STORE'],
    [
      'throws before it has a promise',
      () => {
        throw cut
      },
      'ERR_SESSION_STORE',
    ],
    ['does not answer', () => new Promise(() => {}), 'ERR_SESSION_STORE_TIMEOUT'],
    ['fails after its time', () => pause(150).then(() => Promise.reject(cut)), 'ERR_SESSION_STORE_TIMEOUT'],
    ['answers after its time', () => pause(150), 'ERR_SESSION_STORE_TIMEOUT'],
  ])('one that %s is told once, as the error that the caller gets', async (_, run, code) => {
    const told = vi.fn<(error: unknown) => void>()
    const error: unknown = await createBoundedCall('app', 50)('read', run, told).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ code })
    await pause(200)
    expect(told.mock.calls).toEqual([[error]])
  })

  it('one that is repeated is told only when the second attempt fails too', async () => {
    const told = vi.fn<(error: unknown) => void>()
    const once = vi.fn<() => Promise<string>>().mockRejectedValueOnce(cut).mockResolvedValue('read')
    expect(await createBoundedCall('app', 1000)('read', once, told, true)).toBe('read')
    expect(told).not.toHaveBeenCalled()
    const never = vi.fn<() => Promise<string>>().mockRejectedValue(cut)
    await expect(createBoundedCall('app', 1000)('read', never, told, true)).rejects.toThrow(StoreError)
    expect(never).toHaveBeenCalledTimes(2)
    expect(told).toHaveBeenCalledTimes(1)
  })

  it('one that fails with an error of the library keeps it, and is not repeated', async () => {
    const refused = new SessionValidationError('no', [])
    const run = vi.fn<() => Promise<string>>().mockRejectedValue(refused)
    await expect(createBoundedCall('app', 1000)('read', run, undefined, true)).rejects.toBe(refused)
    expect(run).toHaveBeenCalledTimes(1)
  })
})
