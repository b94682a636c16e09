import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../../src/stores/memory.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'
import { setUp } from './sealed-kit.js'

/** Two servers, one store of what has ended. */
function twoServers(revocationLag = 10, options: object = {}) {
  const { store, calls } = countingStore(memoryStore())
  const kit = setUp({ revocations: store, revocationLag }, { subject: 'userId', ...options })
  const other = kit.definition.with({})
  return { ...kit, calls, other: createTestClient(other), otherDefinition: other }
}

const userOf = async (client: ReturnType<typeof setUp>['client'], cookie: string) =>
  (await client.request((session) => session.get('userId'), { cookie })).value

describe('revocations of sessions that live in their cookies', () => {
  it('a copied cookie ends with a logout: here at once, on another server within the lag', async () => {
    const { client, other, clock } = twoServers(10)
    await client.request((session) => session.set('userId', 7))
    const copy = client.cookie
    expect(await userOf(other, copy)).toBe(7)
    await client.request((session) => session.destroy())
    expect(await userOf(client, copy)).toBeUndefined()
    expect(await userOf(other, copy)).toBe(7)
    clock.advance(10)
    expect(await userOf(other, copy)).toBeUndefined()
  })

  it('the cookie from before a login or a new id ends with it (fixation)', async () => {
    for (const way of ['regenerate', 'rotate'] as const) {
      const { client, other } = twoServers(0)
      await client.request((session) => session.set('text', 'anonymous'))
      const planted = client.cookie
      await client.request(async (session) => {
        await session[way]()
        session.set('userId', 7)
      })
      for (const each of [client, other]) expect(await userOf(each, planted)).toBeUndefined()
      expect(await userOf(other, client.cookie)).toBe(7)
      await expect(other.request((session) => session.get('text'), { cookie: planted })).resolves.toMatchObject({
        value: undefined,
      })
    }
  })

  it('asks the store once in a lag, and with lag 0 each time', async () => {
    const { client, calls, clock } = twoServers(10)
    await client.request((session) => session.set('text', 'x'))
    await userOf(client, client.cookie)
    calls.length = 0
    for (let i = 0; i < 5; i++) await userOf(client, client.cookie)
    expect(calls).toEqual([])
    clock.advance(10)
    await userOf(client, client.cookie)
    expect(calls.length).toBeGreaterThan(0)
  })

  it('all sessions of a subject end but the one that is spared, which goes on under its next id too', async () => {
    const { client, other, definition } = twoServers(0)
    await client.request((session) => session.set('userId', 7))
    await other.request((session) => session.set('userId', 7))
    const stranger = createTestClient(definition)
    await stranger.request((session) => session.set('userId', 8))
    await client.request(async (session) => {
      await definition.subjects.revoke(7, { except: session })
    })
    expect(await userOf(other, other.cookie)).toBeUndefined()
    expect(await userOf(stranger, stranger.cookie)).toBe(8)
    await client.request((session) => session.regenerate())
    expect((await client.request((session) => session.get('userId'))).value).toBe(7)
    // A login after it is a new one.
    other.cookie = ''
    await other.request((session) => session.set('userId', 7))
    expect(await userOf(client, other.cookie)).toBe(7)
  })

  it('a login that is sealed before a revocation and sent after it is revoked, whatever the clocks say', async () => {
    const { client, other, otherDefinition, clock } = twoServers(0)
    await client.request(async (session) => {
      session.set('userId', 7)
      await session.save()
      clock.advance(-60)
      await otherDefinition.subjects.revoke(7)
    })
    expect(await userOf(other, client.cookie)).toBeUndefined()
  })

  it('destroyAll and destroyById end what their clients keep', async () => {
    const { client, other, definition, otherDefinition } = twoServers(0)
    await client.request((session) => session.set('userId', 7))
    const { value: id } = await client.request((session) => session.id)
    expect(await otherDefinition.destroyById(id ?? '')).toBe(true)
    expect(await otherDefinition.destroyById(id ?? '')).toBe(false)
    expect(await userOf(client, client.cookie)).toBeUndefined()
    await other.request((session) => session.set('userId', 8))
    await definition.destroyAll()
    expect(await userOf(other, other.cookie)).toBeUndefined()
    other.cookie = ''
    await other.request((session) => session.set('userId', 8))
    expect(await userOf(client, other.cookie)).toBe(8)
  })

  it('a flash reaches one of any number of parallel takes, and returns when its response fails', async () => {
    const { client, other } = twoServers(10)
    await client.request((session) => session.flash.set('notice', 'Saved'))
    const { cookie } = client
    const failed = await client.request((session) => session.flash.take('notice'), { status: 500, cookie })
    expect(failed.value).toBe('Saved')
    const takes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? client : other).request((session) => session.flash.take('notice'), { cookie }),
      ),
    )
    expect(takes.filter(({ value }) => value === 'Saved')).toHaveLength(1)
    // The response of the one that had it was lost: the client comes with the old cookie.
    expect((await other.request((session) => session.flash.take('notice'), { cookie })).value).toBeUndefined()
  })

  it('when the store does not answer, the request ends as with any other store', async () => {
    const store = memoryStore()
    const broken = { ...store, guarantees: store.guarantees, read: () => Promise.reject(new Error('down')) }
    const kit = setUp({ revocations: broken as never, revocationLag: 0 })
    await expect(kit.client.request((session) => session.set('userId', 7))).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
    })
  })
})
