import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const weak = (guarantees: object) => {
  const store = memoryStore()
  return Object.assign(store, { guarantees: { ...store.guarantees, ...guarantees } })
}

describe('a store that promises less', () => {
  let warnings: string[]
  beforeEach(() => {
    warnings = []
    vi.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text))
  })
  afterEach(() => void vi.restoreAllMocks())

  it.each([
    ['atomicUpdate', 'compare and update in one step'],
    ['revocable', 'end a session at once'],
  ] as const)('without %s is refused, every time, until the app accepts that', async (weakness, says) => {
    const store = weak({ [weakness]: false })
    const name = `weak-${weakness}`
    const refused = createTestClient(defineSession(schema, { name, store }))
    for (let i = 0; i < 2; i++) {
      await expect(refused.request((session) => session.set('n', 1))).rejects.toMatchObject({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(`accepted: ['${weakness}']`),
      })
    }
    const accepted = createTestClient(
      defineSession(schema, { name, store: weak({ [weakness]: false, accepted: [weakness] }) }),
    )
    for (let i = 0; i < 2; i++) await accepted.request((session) => session.set('n', i))
    expect(warnings.filter((text) => text.includes(says))).toHaveLength(1)
  })
})

describe('autoCollect: { every } (M075)', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('collects by a timer from the first use until close, and reports what fails', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    const errors: unknown[] = []
    const hooks = { storeError: ({ error }: { error: unknown }) => void errors.push(error) }
    const definition = defineSession(schema, { store, clock, hooks, autoCollect: { every: 60 } })
    expect(vi.getTimerCount()).toBe(0)
    for (let i = 0; i < 250; i++) await createTestClient(definition).request((session) => session.set('n', 1))
    clock.advance(3600)
    await vi.advanceTimersByTimeAsync(29_000)
    expect(store.size).toBe(250)
    await vi.advanceTimersByTimeAsync(62_000)
    expect(store.size).toBe(0)
    store.collectGarbage = () => Promise.reject(new Error('down'))
    await vi.advanceTimersByTimeAsync(91_000)
    expect(errors.length).toBeGreaterThan(0)
    await definition.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([0, -1, Number.NaN, 1e9])('refuses every %s', (every) => {
    expect(() => defineSession(schema, { autoCollect: { every } })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }),
    )
  })
})
