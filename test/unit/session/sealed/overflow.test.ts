import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../../src/stores/memory.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'
import { setUp } from './sealed-kit.js'

const LARGE = 'x'.repeat(6000)

function hybrid(options: object = {}) {
  const { store, calls } = countingStore(memoryStore())
  const kit = setUp({ overflow: { store, above: 1000 } }, options)
  return { ...kit, calls, store, other: createTestClient(kit.definition) }
}

describe('overflow: small sessions in the cookie, larger ones in a store', () => {
  it('moves out when it grows and home when it shrinks, and nothing is lost on the way', async () => {
    const { client, calls } = hybrid()
    await client.request((session) => session.set('userId', 7))
    expect(calls).toEqual([])
    await client.request((session) => session.set('text', LARGE))
    expect(calls).toEqual(['create'])
    expect(client.cookie.length).toBeLessThan(300)
    expect((await client.request((session) => session.data)).value).toMatchObject({ userId: 7, text: LARGE })
    calls.length = 0
    await client.request((session) => session.set('theme', 'dark'))
    expect(calls).toEqual(['read', 'update'])
    await client.request((session) => session.delete('text'))
    calls.length = 0
    expect((await client.request((session) => session.data)).value).toMatchObject({ userId: 7, theme: 'dark' })
    expect(calls).toEqual([])
    // Out again, over what it has left behind.
    await client.request((session) => session.set('text', LARGE))
    expect((await client.request((session) => session.data)).value).toMatchObject({
      userId: 7,
      theme: 'dark',
      text: LARGE,
    })
  })

  it('parallel requests lose no change of a session that lives in the store, or moves there', async () => {
    const { client, other } = hybrid()
    await client.request((session) => session.assign({ userId: 7, text: LARGE }))
    const { cookie } = client
    await Promise.all([
      client.request((session) => session.set('theme', 'dark'), { cookie }),
      other.request((session) => session.set('cart', ['a']), { cookie }),
    ])
    expect((await client.request((session) => session.data, { cookie })).value).toMatchObject({
      theme: 'dark',
      cart: ['a'],
    })
    const small = hybrid()
    await small.client.request((session) => session.set('userId', 7))
    const before = small.client.cookie
    await Promise.all([
      small.client.request((session) => session.set('text', LARGE), { cookie: before }),
      small.other.request((session) => session.set('cart', ['y'.repeat(3000)]), { cookie: before }),
    ])
    const { value } = await small.client.request((session) => session.data)
    expect(value).toMatchObject({ userId: 7, text: LARGE, cart: ['y'.repeat(3000)] })
  })

  it('a request in flight finds the session that has just moved home', async () => {
    const { client, other } = hybrid()
    await client.request((session) => session.assign({ userId: 7, text: LARGE }))
    const pointer = client.cookie
    await client.request((session) => session.delete('text'))
    const late = await other.request((session) => session.get('userId'), { cookie: pointer })
    expect(late.value).toBe(7)
  })

  it('logout and new ids end what lives in the store at once, for every copy of the cookie', async () => {
    for (const end of ['destroy', 'regenerate', 'rotate'] as const) {
      const { client, other } = hybrid()
      await client.request((session) => session.assign({ userId: 7, text: LARGE }))
      const copy = client.cookie
      await client.request((session) => session[end]())
      expect((await other.request((session) => session.get('userId'), { cookie: copy })).value).toBeUndefined()
      const { value } = await client.request((session) => session.get('userId'))
      expect(value).toBe(end === 'destroy' ? undefined : 7)
    }
  })

  it('a flash of a session in the store reaches one of many takes, and its deadlines hold', async () => {
    const { client, clock } = hybrid({ idleTimeout: 600 })
    await client.request((session) => {
      session.set('text', LARGE)
      session.flash.set('notice', 'Saved')
    })
    const { cookie } = client
    const takes = await Promise.all(
      Array.from({ length: 10 }, () => client.request((session) => session.flash.take('notice'), { cookie })),
    )
    expect(takes.filter(({ value }) => value === 'Saved')).toHaveLength(1)
    for (let use = 0; use < 4; use++) {
      clock.advance(500)
      expect((await client.request((session) => session.get('text'), { cookie })).value).toBe(LARGE)
    }
    clock.advance(600)
    expect((await client.request((session) => session.get('text'), { cookie })).value).toBeUndefined()
  })
})
