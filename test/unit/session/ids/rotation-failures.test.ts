import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import type { StoreKey } from '../../../../src/stores/port.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ userId: z.string().optional(), n: z.number().default(0) })

async function setUp(options: SessionOptions<undefined, typeof schema> = {}) {
  const store = memoryStore()
  const clock = fakeClock()
  const definition = defineSession(schema, { store, clock, subject: 'userId', rotateEvery: 600, ...options })
  const without = defineSession(schema, { store, clock, subject: 'userId' })
  const client = createTestClient(definition)
  await client.request((session) => session.set('userId', 'ann'))
  const userOf = async (cookie: string) =>
    (await createTestClient(definition).request((session) => session.get('userId'), { cookie })).value
  return { store, clock, definition, without, client, userOf }
}

const idIn = (cookie: string) => cookie.split('=')[1] ?? ''

describe('a rotation that fails half-way', () => {
  it.each(['once', 'always'] as const)('leaves no second session (update fails %s)', async (how) => {
    const { client, clock, definition, store } = await setUp()
    clock.advance(600)
    const { update } = store
    let failures = 0
    store.update = (...args) => {
      if (how === 'once' && failures++ > 0) return update.apply(store, args)
      return Promise.reject(new Error('down'))
    }
    const old = client.cookie
    await client.request((session) => session.get('n'))
    store.update = update
    expect(client.cookie).toBe(old)
    expect(await definition.subjects.list('ann')).toHaveLength(1)
    await client.request((session) => session.get('n'))
    expect(client.cookie).not.toBe(old)
    expect((await client.request((session) => session.get('userId'))).value).toBe('ann')
  })

  it('is no use of the session', async () => {
    const { client, clock, store } = await setUp({ idleTimeout: 1000, touchAfter: 900 })
    clock.advance(600)
    const { update } = store
    store.update = () => {
      store.update = update
      return Promise.reject(new Error('down'))
    }
    const { value } = await client.request((session) => session.get('userId'))
    expect(value).toBe('ann')
    clock.advance(399)
    const deadlines: number[] = []
    for await (const { record } of store.scan('')) deadlines.push(record.expiresAt - clock())
    expect(deadlines).toEqual([1000])
  })

  it('a forward that arrives after all does not lead into nothing', async () => {
    const { client, clock, definition, store, userOf } = await setUp({ storeTimeout: 50 })
    clock.advance(600)
    const { update } = store
    let late = () => {}
    const done = new Promise<void>((resolve) => {
      let first = true
      store.update = async (...args) => {
        if (!first) return update.apply(store, args)
        first = false
        await new Promise<void>((go) => (late = go))
        const outcome = await update.apply(store, args)
        resolve()
        return outcome
      }
    })
    const { cookie } = client
    await client.request((session) => session.get('n'))
    late()
    await done
    expect(await userOf(cookie)).toBe('ann')
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })

  it('a forward whose answers were lost is found, and what it leads to stays', async () => {
    const { client, clock, definition, store, userOf } = await setUp()
    clock.advance(600)
    const { update, read } = store
    store.update = async (...args) => {
      await update.apply(store, args)
      store.update = update
      // So that the outcome cannot be told by reading either.
      store.read = async () => {
        store.read = read
        throw new Error('lost')
      }
      throw new Error('lost')
    }
    const { cookie } = client
    await client.request((session) => session.get('n'))
    expect(await userOf(cookie)).toBe('ann')
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })
})

describe('J1 a server that does not rotate follows forwards', () => {
  it.each(['destroyById', 'destroy'] as const)('%s with the old id ends the session behind it', async (how) => {
    const { client, clock, definition, without, userOf } = await setUp()
    const old = client.cookie
    clock.advance(600)
    const rotate = () => client.request((session) => session.get('n'))
    if (how === 'destroyById') {
      await rotate()
      expect(await without.destroyById(idIn(old))).toBe(true)
    } else {
      await createTestClient(without).request(
        async (session) => {
          await rotate()
          await session.destroy()
        },
        { cookie: old },
      )
    }
    expect(client.cookie).not.toBe(old)
    expect(await userOf(client.cookie)).toBeUndefined()
    expect(await definition.subjects.list('ann')).toEqual([])
  })

  it('a logout in the usual case is one call', async () => {
    const { client, without, store } = await setUp()
    const calls: string[] = []
    for (const name of ['read', 'destroy'] as const) {
      const original = store[name].bind(store) as (...args: unknown[]) => never
      store[name] = ((...args: unknown[]) => {
        calls.push(name)
        return original(...args)
      }) as never
    }
    await createTestClient(without).request((session) => session.destroy(), {
      cookie: client.cookie,
    })
    expect(calls).toEqual(['read', 'destroy'])
  })

  it('a damaged forward is removed like anything else', async () => {
    const { client, clock, definition, store } = await setUp()
    const old = client.cookie
    clock.advance(600)
    await client.request((session) => session.get('n'))
    const forwards: StoreKey[] = []
    for await (const { key, record } of store.scan('')) if (record.bytes[0] === 2) forwards.push(key)
    const [key] = forwards as [StoreKey]
    const record = await store.read(key)
    if (!record) throw new Error('no forward')
    await store.update(key, { ...record, bytes: record.bytes.slice(0, 5) }, record.revision)
    expect(await definition.destroyById(idIn(old))).toBe(true)
    expect(await store.read(key)).toBeUndefined()
    expect(await definition.destroyAll()).toBe(1)
  })
})

describe('subjects.revoke with except', () => {
  it.each([1, 3])('spares the caller whose session others have rotated meanwhile, %i times', async (times) => {
    const { client, clock, definition, userOf } = await setUp({ rotateGrace: 5 })
    const other = createTestClient(definition)
    await other.request((session) => session.set('userId', 'ann'))
    await createTestClient(definition).request(
      async (session) => {
        for (let i = 0; i < times; i++) {
          clock.advance(600)
          await client.request((parallel) => parallel.get('n'))
        }
        expect(await definition.subjects.revoke('ann', { except: session })).toBe(1)
      },
      { cookie: client.cookie },
    )
    expect(await userOf(client.cookie)).toBe('ann')
    expect(await userOf(other.cookie)).toBeUndefined()
  })
})

describe('the ref of a session', () => {
  it('is the same for hooks, handles and lists', async () => {
    const store = memoryStore()
    const clock = fakeClock()
    const heard: (string | undefined)[] = []
    const definition = defineSession(schema, {
      store,
      clock,
      subject: 'userId',
      hooks: { loaded: ({ ref }) => void heard.push(ref), destroyed: ({ ref }) => void heard.push(ref) },
    })
    const client = createTestClient(definition)
    await client.request((session) => session.set('userId', 'ann'))
    const { value } = await client.request((session) => session.ref)
    const [info] = await definition.subjects.list('ann')
    expect(info?.ref).toBe(value)
    await definition.subjects.revoke('ann', { except: { ref: value } })
    expect(await info?.revoke()).toBe(true)
    expect(heard).toEqual([value, value])
  })
})
