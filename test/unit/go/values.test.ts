import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { cbor, defineSession, memoryStore, type SessionStore } from '../../../src/index.js'
import { storeLaws } from '../../../src/testing/store-laws.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const schema = z.object({
  name: z.string().default('anonymous'),
  visits: z.number().int().default(0),
  ratio: z.number().optional(),
  admin: z.boolean().default(false),
  profile: z.object({ name: z.string(), tags: z.array(z.string()) }).optional(),
})

const setUp = () => {
  const definition = defineSession(schema, { store: memoryStore() })
  return { definition, client: createTestClient(definition) }
}

describe('values', () => {
  it('M033 a value comes back with its type, and no text is ever taken for a number or a boolean', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.set('visits', 42)
      s.set('ratio', 0.5)
      s.set('admin', true)
    })
    await client.request((s) => {
      expect([s.get('visits'), s.get('ratio'), s.get('admin')]).toEqual([42, 0.5, true])
      for (const [key, text] of [
        ['visits', '42'],
        ['admin', 'true'],
      ] as const)
        expect(() => s.set(key, text as never)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALIDATION' }))
    })
  })

  it('M034 defaults are part of the schema; an empty string is a value and not an absence', async () => {
    const { client } = setUp()
    await client.request((s) => {
      expect([s.get('name'), s.get('visits'), s.get('admin'), s.get('ratio')]).toEqual([
        'anonymous',
        0,
        false,
        undefined,
      ])
      s.set('name', '')
    })
    expect((await client.request((s) => s.get('name'))).value).toBe('')
  })

  it('M035 update counts, from an absent key too, and no parallel increment is lost', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.update('visits', (n) => n + 5)
      s.update('visits', (n) => n - 2)
      expect(s.get('visits')).toBe(3)
    })
    await Promise.all(Array.from({ length: 10 }, () => client.request((s) => s.update('visits', (n) => n + 1))))
    expect((await client.request((s) => s.get('visits'))).value).toBe(13)
  })

  it('M037 the number of values, and of sessions', async () => {
    const { client, definition } = setUp()
    await client.request((s) => s.set('ratio', 1))
    await createTestClient(definition).request((s) => s.set('ratio', 2))
    await client.request((s) => expect(Object.keys(s.data)).toEqual(['name', 'visits', 'ratio', 'admin']))
    let sessions = 0
    for await (const _ of definition.scan()) sessions++
    expect(sessions).toBe(2)
  })

  it('M039 encode gives the bytes that would be stored', async () => {
    const { client, definition } = setUp()
    const store = definition.options.store as SessionStore & ReturnType<typeof memoryStore>
    await client.request(async (s) => {
      s.set('ratio', 0.25)
      await s.save()
      const stored: Uint8Array[] = []
      for await (const { record } of store.scan('')) stored.push(record.bytes)
      expect(stored).toEqual([s.encode()])
    })
  })

  it('M040 M116 what was read cannot be used to change the session: it still says Edward', async () => {
    const { client } = setUp()
    const given = { name: 'Edward', tags: ['a'] }
    await client.request((s) => s.set('profile', given))
    given.name = 'changed after set'
    await client.request((s) => {
      const profile = s.get('profile') as { name: string }
      expect(() => (profile.name = 'changed after get')).toThrow(TypeError)
    })
    expect((await client.request((s) => s.get('profile')?.name)).value).toBe('Edward')
  })

  it('M043 parts of one request that run at the same time share one session, and each change counts', async () => {
    const { client } = setUp()
    await client.request(async (session, reopen) => {
      await Promise.all(
        Array.from({ length: 10 }, async (_, i) => {
          const part = await reopen()
          expect(part).toBe(session)
          await new Promise((resolve) => setTimeout(resolve, i % 3))
          part.update('visits', (n) => n + 1)
          if (i === 4) await part.save()
        }),
      )
    })
    expect((await client.request((s) => s.get('visits'))).value).toBe(10)
  })

  it('D10 requests that run at the same time share no object: one sees what the other did once it is stored', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('profile', { name: 'Edward', tags: [] }))
    const { cookie } = client
    await client.request(
      async (first) => {
        await client.request(
          (second) => {
            expect(second).not.toBe(first)
            second.mutate('profile', (profile) => void profile.tags.push('b'))
          },
          { cookie },
        )
        expect(first.get('profile')?.tags).toEqual([])
      },
      { cookie },
    )
    expect((await client.request((s) => s.get('profile')?.tags)).value).toEqual(['b'])
  })

  it('K3 data has the keys as they were set, and nothing else', async () => {
    const { client } = setUp()
    await client.request((s) => s.set('ratio', 1))
    expect((await client.request((s) => s.data)).value).toEqual({
      name: 'anonymous',
      visits: 0,
      ratio: 1,
      admin: false,
    })
  })

  it('M042 what a store or codec author needs is published: the port as a type, and the laws', () => {
    const store: SessionStore = memoryStore()
    expect(Object.keys(store.guarantees).toSorted()).toEqual(['atomicUpdate', 'durable', 'revocable', 'shared'])
    expect(
      cbor()
        .bind({ shape: {}, types: undefined })
        .decode(cbor().bind({ shape: {} }).encode({ a: 1 })),
    ).toEqual({ a: 1 })
    const laws: string[] = []
    storeLaws(
      (name) => void laws.push(name),
      async () => ({ store: memoryStore(), dispose: async () => {} }),
    )
    expect(laws.length).toBeGreaterThan(20)
  })
})
