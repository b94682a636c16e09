import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { SessionConfigError, StoreError } from '../../../../src/core/errors.js'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const lost = () => Promise.reject(new Error('Connection terminated unexpectedly'))
type Failure = () => Promise<never>

/** A store whose next calls fail as they are told to. */
async function setUp() {
  const inner = memoryStore()
  const failures: Failure[] = []
  const calls: string[] = []
  const around =
    <A extends unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> => {
      calls.push(name)
      return failures.shift()?.() ?? call(...args)
    }
  const store = Object.assign(Object.create(inner) as typeof inner, {
    read: around('read', inner.read.bind(inner)),
    touch: around('touch', inner.touch.bind(inner)),
    create: around('create', inner.create.bind(inner)),
  })
  const heard: unknown[] = []
  const clock = fakeClock()
  const hooks = { storeError: ({ error }: { readonly error: unknown }) => void heard.push(error) }
  const definition = defineSession(z.object({ n: z.number().optional() }), { store, clock, hooks })
  const client = createTestClient(definition)
  await client.request((session) => session.set('n', 1))
  calls.length = 0
  return { client, failures, calls, heard, clock }
}

describe('the read with which a request begins is made once more when it fails soon', () => {
  it.each<[string, Failure]>([
    ['a lost connection', lost],
    ['an error of the store', () => Promise.reject(new StoreError('down'))],
    [
      'a call that throws at once',
      () => {
        throw new Error('pool ended')
      },
    ],
  ])('a read after %s: the app and the hook notice nothing', async (_, failure) => {
    const { client, failures, calls, heard } = await setUp()
    failures.push(failure)
    await client.request((session) => expect(session.get('n')).toBe(1))
    expect([calls, heard]).toEqual([['read', 'read'], []])
  })

  it('a read that fails twice is an outage', async () => {
    const { client, failures, calls, heard } = await setUp()
    failures.push(lost, lost)
    await expect(client.request(() => {})).rejects.toMatchObject({ code: 'ERR_SESSION_STORE', status: 503 })
    expect([calls, heard.length]).toEqual([['read', 'read'], 1])
  })

  it('a renewal of the deadline is not: it fails no request', async () => {
    const { client, failures, calls, heard, clock } = await setUp()
    clock.advance(1800)
    failures.push(undefined as never, lost)
    await client.request((session) => session.get('n'))
    expect([calls, heard.length]).toEqual([['read', 'touch'], 1])
  })

  it('nor a read inside a commit, which settles what a write has become', async () => {
    const { client, failures, calls, heard } = await setUp()
    const again = client.request(async (session) => {
      session.update('n', (n) => (n ?? 0) + 1)
      await client.request((other) => other.set('n', 5))
      calls.length = 0
      failures.push(lost)
    })
    await expect(again).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect([calls, heard.length]).toEqual([['read'], 1])
  })

  describe('within one time-out', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())
    const after = (ms: number) => () =>
      new Promise<never>((_, reject) => void setTimeout(reject, ms, new Error(`lost after ${ms} ms`)))

    it('one that fails when half of the time has gone is not: the rest is too short', async () => {
      const { client, failures, calls } = await setUp()
      failures.push(after(3100))
      const refused = client.request(() => {}).catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(3100)
      expect(await refused).toMatchObject({ code: 'ERR_SESSION_STORE' })
      expect(calls).toEqual(['read'])
    })

    it('which both tries share, and whose error has the first failure', async () => {
      const { client, failures, calls } = await setUp()
      failures.push(after(2000), () => new Promise(() => {}))
      const late = client.request(() => {}).catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(2000)
      await turn()
      expect(calls).toEqual(['read', 'read'])
      await vi.advanceTimersByTimeAsync(3500)
      expect(await late).toMatchObject({
        code: 'ERR_SESSION_STORE_TIMEOUT',
        cause: expect.objectContaining({ message: 'lost after 2000 ms' }),
      })
    })

    it('after which nothing is begun', async () => {
      const { client, failures, calls } = await setUp()
      failures.push(after(6000))
      const late = client.request(() => {}).catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(7000)
      expect(await late).toMatchObject({ code: 'ERR_SESSION_STORE_TIMEOUT' })
      await turn()
      expect(calls).toEqual(['read'])
    })
  })

  it('a store that says itself that it was too late is not asked again', async () => {
    const { client, failures, calls } = await setUp()
    failures.push(() => Promise.reject(new StoreError('late', { timeout: true })))
    await expect(client.request(() => {})).rejects.toMatchObject({ code: 'ERR_SESSION_STORE_TIMEOUT' })
    expect(calls).toEqual(['read'])
  })

  it('not what another try cannot mend, and never a write', async () => {
    const { client, failures, calls } = await setUp()
    failures.push(() => Promise.reject(new SessionConfigError('wrong option')))
    await expect(client.request(() => {})).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    failures.push(lost)
    await expect(client.request((session) => session.set('n', 2), { cookie: 'none=1' })).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    })
    expect(calls).toEqual(['read', 'create', 'read'])
  })
})
