import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../../src/index.js'
import type { SessionStore } from '../../../../src/stores/port.js'
import { later } from '../../../support/later.js'

import { setUp } from './login-kit.js'

describe('subjects.revoke (ASVS 7.4.2, 7.4.3)', () => {
  it('ends all sessions of a subject, and nobody else’s', async () => {
    const { definition, login, userOf } = setUp()
    const clients = [await login('ann'), await login('ann')]
    const bob = await login('bob')
    expect(await definition.subjects.revoke('ann')).toBe(2)
    for (const { client } of clients) expect(await userOf(client)).toBeUndefined()
    expect(await userOf(bob.client)).toBe('bob')
    expect(await definition.subjects.revoke('ann')).toBe(0)
  })

  it('keeps the current one when asked to', async () => {
    const { definition, login, userOf } = setUp()
    const mine = await login('ann')
    const other = await login('ann')
    await mine.client.request(async (session) => {
      expect(await definition.subjects.revoke('ann', { except: session })).toBe(1)
    })
    expect(await userOf(mine.client)).toBe('ann')
    expect(await userOf(other.client)).toBeUndefined()
  })

  it('J12 a login that has read the epoch and lands after the listing does not stay', async () => {
    const store = memoryStore()
    const { definition, login, userOf } = setUp({ store })
    // The listing is finished before the login's record lands, which is the gap that the epoch closes.
    let revoked: Promise<number> | undefined
    const create = store.create.bind(store)
    store.create = async (key, record) => {
      if (record.subject !== undefined && !revoked) {
        revoked = definition.subjects.revoke('ann')
        expect(await revoked).toBe(0)
      }
      return create(key, record)
    }
    await expect(login('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect(revoked).toBeDefined()
    expect(await definition.subjects.list('ann')).toEqual([])
    const later = await login('ann')
    expect(await userOf(later.client)).toBe('ann')
  })

  it('J12 a rotation that lands after the listing does not carry a session past it', async () => {
    const store = memoryStore()
    const { definition, login, userOf } = setUp({ store })
    const { client } = await login('ann')
    const move = store.move.bind(store)
    store.move = async (...args) => {
      const outcome = await move(...args)
      // As if the listing had met the old key: its destroy finds nothing any more.
      const bySubject = store.bySubject.bind(store)
      store.bySubject = async function* () {}
      await definition.subjects.revoke('ann')
      store.bySubject = bySubject
      return outcome
    }
    await expect(client.request((session) => session.rotate())).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect(await userOf(client)).toBeUndefined()
    expect(await definition.subjects.list('ann')).toEqual([])
  })
})

describe('a new id during a revocation (J12)', () => {
  it.each([
    ['rotate', true],
    ['regenerate', true],
    ['rotate', false],
    ['regenerate', false],
  ] as const)('%s does not carry a session past it (store can move: %s)', async (how, movable) => {
    const full = memoryStore()
    const { move: _, ...rest } = full
    const store: SessionStore = movable ? full : rest
    const { definition, login, userOf } = setUp({ store })
    const { client } = await login('ann')
    const bySubject = full.bySubject.bind(full)
    let moving: Promise<unknown> | undefined
    Object.assign(store, {
      // Listed, and not yet ended, when the other request begins.
      async *bySubject(subject: string) {
        for await (const found of bySubject(subject)) {
          moving ??= client.request((session) => session[how]()).catch((error: unknown) => error)
          await new Promise((resolve) => setTimeout(resolve, 30))
          yield found
        }
      },
    })
    expect(await definition.subjects.revoke('ann')).toBe(1)
    expect(await moving).toMatchObject({ code: 'ERR_SESSION_GONE' })
    expect(await definition.subjects.list('ann')).toEqual([])
    expect(await userOf(client)).toBeUndefined()
  })

  it('waits, and goes on when it is the one that stays', async () => {
    const store = memoryStore()
    const { definition, login, userOf } = setUp({ store })
    const mine = await login('ann')
    await login('ann')
    const bySubject = store.bySubject.bind(store)
    let moving: Promise<unknown> | undefined
    store.bySubject = async function* (subject) {
      for await (const found of bySubject(subject)) {
        moving ??= mine.client.request((session) => session.regenerate())
        await new Promise((resolve) => setTimeout(resolve, 10))
        yield found
      }
    }
    expect(await definition.subjects.revoke('ann', { except: { ref: mine.ref } })).toBe(1)
    await moving
    expect(await userOf(mine.client)).toBe('ann')
  })

  it('a revocation whose server died holds nobody up for long', async () => {
    const store = memoryStore()
    const { definition, login, userOf } = setUp({ store, storeTimeout: 30 })
    const { client } = await login('ann')
    const { bySubject, update } = store
    store.bySubject = () => {
      throw new Error('killed')
    }
    store.update = () => Promise.reject(new Error('killed'))
    await expect(definition.subjects.revoke('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    Object.assign(store, { bySubject, update })
    await expect(client.request((session) => session.rotate())).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    later(60_000)
    await client.request((session) => session.rotate())
    expect(await userOf(client)).toBe('ann')
  })
})
