import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore, type SessionHooks } from '../../../src/index.js'
import { fakeClock } from '../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../src/testing/test-client.js'
import { countingStore } from '../../support/counting-store.js'

const schema = z.object({ userId: z.number().optional(), theme: z.string().optional() })

function setUp(options: { hooks?: SessionHooks } = {}) {
  const clock = fakeClock()
  const { store, calls } = countingStore(memoryStore())
  const definition = defineSession(schema, { store, clock, ...options })
  return { clock, calls, store, definition, client: createTestClient(definition) }
}

const idOf = (client: { readonly cookie: string }) => client.cookie.split('=')[1] ?? ''

describe('ids and the life of a session', () => {
  it('M019 an id that is too short is no id: no store call and no error anywhere', async () => {
    const { calls, client, definition } = setUp()
    for (const id of ['', 'a', 'ab', 'a'.repeat(42), 'a'.repeat(44)]) {
      expect((await client.request((s) => s.isNew, { cookie: `session=${id}` })).value).toBe(true)
      expect(await definition.destroyById(id)).toBe(false)
    }
    expect(calls).toEqual([])
  })

  it('M020 M021 D2 an unknown and an expired id both end in a new id, never in the old one', async () => {
    const { client, clock } = setUp()
    const unknown = 'a'.repeat(43)
    await client.request((s) => s.set('userId', 1), { cookie: `session=${unknown}` })
    const first = idOf(client)
    expect(first).not.toBe(unknown)
    clock.advance(3600)
    await client.request((s) => {
      expect(s.get('userId')).toBeUndefined()
      s.set('userId', 2)
    })
    expect(idOf(client)).not.toBe(first)
  })

  it('M022 damaged data is a new session and a hook, and the page is served', async () => {
    const heard: unknown[] = []
    const { client, store } = setUp({
      hooks: { invalid: ({ keys, error }) => heard.push([keys, error instanceof Error]) },
    })
    await client.request((s) => s.set('userId', 1))
    for await (const { key, record } of store.scan('')) {
      await store.update(key, { ...record, bytes: new Uint8Array([1, 2, 3]) }, record.revision)
    }
    expect((await client.request((s) => [s.isNew, s.get('userId')])).value).toEqual([true, undefined])
    expect(heard).toEqual([[[], true]])
  })

  it('M024 a store never sees the response: the id is written by the transport alone, after the store has said ok', async () => {
    const order: string[] = []
    const definition = defineSession(schema, {
      store: countingStore(memoryStore(), (call) => (order.push(call), undefined)).store,
      transport: {
        read: () => [],
        write: (_response, _id, created) => void order.push(`write created=${String(created)}`),
        clear: () => void order.push('clear'),
      },
    })
    await createTestClient(definition).request((s) => s.set('userId', 1))
    expect(order).toEqual(['create', 'write created=true'])
  })

  it('M025 destroy ends the record at once; a second tab of the same browser is logged out too', async () => {
    const { client, store } = setUp()
    await client.request((s) => s.set('userId', 1))
    const otherTab = client.cookie
    await client.request(async (s) => {
      await s.destroy()
      const left: unknown[] = []
      for await (const { key } of store.scan('')) left.push(key)
      expect(left).toEqual([])
    })
    expect((await client.request((s) => s.get('userId'), { cookie: otherTab })).value).toBeUndefined()
  })

  it('M029 hooks hear of every end: destroy, destroyById, destroyAll, and expiry when the id is next used', async () => {
    const heard: string[] = []
    const { client, clock, definition } = setUp({
      hooks: {
        destroyed: ({ ref }) => heard.push(`destroyed ${String(ref)}`),
        expired: ({ ref }) => heard.push(`expired ${String(ref)}`),
      },
    })
    const begin = async () => (await client.request(async (s) => (s.set('userId', 1), await s.save(), s.ref))).value
    const refs = [await begin()]
    await client.request((s) => s.destroy())
    refs.push(await begin())
    await definition.destroyById(idOf(client))
    client.cookie = ''
    refs.push(await begin())
    await definition.destroyAll()
    client.cookie = ''
    refs.push(await begin())
    clock.advance(3600)
    await client.request((s) => s.get('userId'))
    const [a, b, c, d] = refs.map(String)
    expect(heard).toEqual([`destroyed ${a}`, `destroyed ${b}`, `destroyed ${c}`, `expired ${d}`])
  })

  it('M030 destroy and start again in one request, without touching the cookies of the request', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('userId', 1))
    const before = idOf(client)
    const { setCookies } = await client.request(async (session, reopen) => {
      await session.destroy()
      const fresh = await reopen()
      expect([fresh.isNew, fresh.get('userId')]).toEqual([true, undefined])
      fresh.set('theme', 'dark')
    })
    expect(setCookies).toHaveLength(1)
    expect(idOf(client)).not.toBe(before)
    expect((await client.request((s) => s.data)).value).toEqual({ theme: 'dark' })
  })
})
