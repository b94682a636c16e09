import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import type { SessionStore, StoreCallOptions } from '../../../../src/stores/port.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

/** A store over a network: when it is down, a call ends only when it is aborted, as `fetch` does. */
function remoteStore() {
  const real = memoryStore()
  const calls: { name: string; signal: AbortSignal }[] = []
  const network = { up: true }
  const store = new Proxy<SessionStore>(real, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function' || name === 'scan' || name === 'bySubject') return member
      return async (...args: unknown[]) => {
        const { signal } = args.at(-1) as Required<StoreCallOptions>
        calls.push({ name: String(name), signal })
        if (!network.up) {
          await new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          })
        }
        return (member as (...args: unknown[]) => unknown).apply(target, args)
      }
    },
  })
  return { store, calls, network, real }
}

describe('M083: store calls can be aborted', () => {
  it('every call of a session brings a signal that has not aborted', async () => {
    const { store, calls } = remoteStore()
    const definition = defineSession(z.object({ n: z.number().default(0) }), {
      store,
      cookie: { secure: false },
      autoCollect: false,
    })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    await client.request((session) => session.touch())
    await client.request((session) => session.update('n', (n) => n + 1))
    await client.request((session) => session.rotate())
    await client.request((session) => session.destroy())
    await definition.collectGarbage()
    expect(new Set(calls.map(({ name }) => name))).toEqual(
      new Set(['create', 'read', 'touch', 'update', 'move', 'destroy', 'collectGarbage']),
    )
    expect(calls.filter(({ signal }) => signal.aborted)).toEqual([])
  })

  it('J6: a call whose time is up is given up, and the same cookie works when the store is back', async () => {
    const { store, calls, network, real } = remoteStore()
    const definition = defineSession(z.object({ n: z.number().default(0) }), {
      store,
      cookie: { secure: false },
      storeTimeout: 30,
    })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    const { cookie } = client
    network.up = false
    const before = calls.length
    await expect(client.request((session) => session.set('n', 2))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE_TIMEOUT',
      status: 503,
    })
    expect(calls.slice(before).map(({ name, signal }) => [name, signal.aborted])).toEqual([['read', true]])
    network.up = true
    expect(await client.request((session) => session.get('n'))).toMatchObject({ value: 1 })
    expect(client.cookie).toBe(cookie)
    expect(real.size).toBe(1)
  })
})
