import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionStore } from '../../../../src/stores/port.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { later } from '../../../support/later.js'

const schema = z.object({ userId: z.string().optional(), label: z.string().optional(), n: z.number().default(0) })

function setUp(
  options: { max?: number; onLimit?: 'oldest' | 'refuse'; store?: SessionStore; storeTimeout?: number } = {},
) {
  const clock = { now: 1_700_000_000_000 }
  const definition = defineSession(schema, {
    store: options.store ?? memoryStore(),
    subject: 'userId',
    clock: () => clock.now,
    ...(options.max === undefined ? {} : { maxPerSubject: options.max }),
    ...(options.onLimit === undefined ? {} : { onLimit: options.onLimit }),
    ...(options.storeTimeout === undefined ? {} : { storeTimeout: options.storeTimeout }),
  })
  const login = async (userId: string, label = 'a browser') => {
    const client = createTestClient(definition)
    const { value } = await client.request(async (session) => {
      await session.regenerate()
      session.set('userId', userId)
      session.set('label', label)
      await session.save()
      return session.ref
    })
    return { client, ref: value }
  }
  const userOf = async (client: Awaited<ReturnType<typeof login>>['client']) =>
    (await client.request((session) => session.get('userId'))).value
  return { clock, definition, login, userOf }
}

describe('subjects.list (ASVS 7.5.2)', () => {
  it('shows the live sessions of one subject, newest first, with their data', async () => {
    const { clock, definition, login } = setUp()
    const first = await login('ann', 'laptop')
    clock.now += 1000
    const second = await login('ann', 'phone')
    await login('bob', 'tablet')
    const list = await definition.subjects.list('ann')
    expect(list.map(({ ref, data }) => [ref, data?.label, data?.n])).toEqual([
      [second.ref, 'phone', 0],
      [first.ref, 'laptop', 0],
    ])
    expect(list[0]?.createdAt.getTime()).toBe(clock.now)
    expect(list[1]?.lastSeenAt.getTime()).toBe(clock.now - 1000)
  })

  it('leaves out expired sessions, and those that moved on to another subject', async () => {
    const { clock, definition, login } = setUp()
    const { client } = await login('ann')
    await client.request((session) => session.set('userId', 'bob'))
    expect(await definition.subjects.list('ann')).toEqual([])
    expect(await definition.subjects.list('bob')).toHaveLength(1)
    clock.now += 3_600_000
    expect(await definition.subjects.list('bob')).toEqual([])
  })

  it('revoke spares one of the list, also when it has got another id since', async () => {
    const clock = fakeClock()
    const definition = defineSession(z.object({ userId: z.string().optional() }), {
      store: memoryStore(),
      clock,
      subject: 'userId',
      rotateEvery: 600,
      cookie: { secure: false },
    })
    const [client, thief] = [createTestClient(definition), createTestClient(definition)]
    await client.request((session) => session.set('userId', 'ann'))
    const [listed] = await definition.subjects.list('ann')
    await thief.request((session) => session.set('userId', 'ann'))
    clock.advance(600)
    await client.request((session) => session.get('userId'))
    expect(await definition.subjects.revoke('ann', listed ? { except: listed } : {})).toBe(1)
    expect((await client.request((session) => session.get('userId'))).value).toBe('ann')
    expect((await thief.request((session) => session.get('userId'))).value).toBeUndefined()
  })

  it('shows the last use as far as touches are stored', async () => {
    const { clock, definition, login } = setUp()
    const { client } = await login('ann')
    clock.now += 1_000_000
    await client.request((session) => session.get('n'))
    expect((await definition.subjects.list('ann'))[0]?.lastSeenAt.getTime()).toBe(clock.now)
  })

  it('revokes one of them', async () => {
    const { definition, login, userOf } = setUp()
    const { client } = await login('ann')
    const other = await login('ann')
    const [one] = (await definition.subjects.list('ann')).filter(({ ref }) => ref === other.ref)
    expect(await one?.revoke()).toBe(true)
    expect(await one?.revoke()).toBe(false)
    expect(await userOf(client)).toBe('ann')
    expect(await userOf(other.client)).toBeUndefined()
  })
})

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

describe('maxPerSubject (ASVS 7.1.2)', () => {
  it('ends the oldest', async () => {
    const { clock, login, userOf } = setUp({ max: 2 })
    const clients = []
    for (let i = 0; i < 3; i++) {
      clients.push((await login('ann')).client)
      clock.now += 10
    }
    expect(await Promise.all(clients.map(userOf))).toEqual([undefined, 'ann', 'ann'])
  })

  it('or refuses the new one, which stores nothing', async () => {
    const { definition, login } = setUp({ max: 2, onLimit: 'refuse' })
    await login('ann')
    const second = await login('ann')
    await expect(login('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_LIMIT', status: 409 })
    expect(await definition.subjects.list('ann')).toHaveLength(2)
    await second.client.request((session) => session.destroy())
    await login('ann')
    expect(await definition.subjects.list('ann')).toHaveLength(2)
  })

  it('a login that was refused is not stored by the response that says so, when there is room again', async () => {
    const { definition, login } = setUp({ max: 1, onLimit: 'refuse' })
    const { client: first } = await login('ann')
    const second = createTestClient(definition)
    const { value } = await second.request(
      async (session) => {
        session.set('userId', 'ann')
        session.set('n', 5)
        await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_LIMIT' })
        await first.request((other) => other.destroy())
        return session.get('n')
      },
      { status: 409 },
    )
    expect(value).toBe(0)
    expect(await definition.subjects.list('ann')).toEqual([])
    expect(second.cookie).toBe('')
  })

  it.each(['oldest', 'refuse'] as const)('holds for logins at once (%s)', async (onLimit) => {
    const { definition, login } = setUp({ max: 3, onLimit })
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => login('ann')))
    expect((await definition.subjects.list('ann')).length).toBe(3)
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.length).toBe(onLimit === 'refuse' ? 9 : 0)
  })
})

describe('the definition says what it cannot do', () => {
  it('without a subject', async () => {
    const definition = defineSession(schema, { store: memoryStore() })
    await expect(definition.subjects.list('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(definition.subjects.revoke('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    expect(() => defineSession(schema, { maxPerSubject: 2 })).toThrow('subject')
  })

  it('with a store that has no subject index, or cannot list', async () => {
    const { read, create, update, touch, destroy, guarantees } = memoryStore()
    const store = { read, create, update, touch, destroy, guarantees }
    const definition = defineSession(schema, { store, subject: 'userId' })
    await expect(definition.subjects.list('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    await expect(defineSession(schema, { store }).destroyAll()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })
})

describe('subject', () => {
  it('may be a function of the data, and is stored as a hash', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { store, subject: (data) => data.userId && `user ${data.userId}` })
    await createTestClient(definition).request((session) => session.set('userId', 'ann'))
    const subjects: (string | undefined)[] = []
    for await (const { record } of store.scan('')) subjects.push(record.subject)
    expect(subjects).toHaveLength(1)
    expect(subjects[0]).toMatch(/^session:u1\.[\w-]{43}$/)
    expect(await definition.subjects.list('user ann')).toHaveLength(1)
  })

  it('costs an update that does not change it no extra call', async () => {
    const store = memoryStore()
    const { login } = setUp({ store })
    const { client } = await login('ann')
    const calls: string[] = []
    for (const name of ['read', 'create', 'update', 'destroy', 'bySubject'] as const) {
      const original = store[name].bind(store) as (...args: unknown[]) => never
      store[name] = ((...args: unknown[]) => {
        calls.push(name)
        return original(...args)
      }) as never
    }
    await client.request((session) => session.set('n', 5))
    expect(calls).toEqual(['read', 'update'])
  })
})

describe('scan and destroyAll (M028, K5)', () => {
  it('meet this definition’s sessions alone', async () => {
    const store = memoryStore()
    const one = defineSession(schema, { store, subject: 'userId' })
    const two = defineSession(schema, { store, name: 'session2' })
    for (let i = 0; i < 40; i++) await createTestClient(one).request((session) => session.set('userId', `u${i % 3}`))
    const other = createTestClient(two)
    await other.request((session) => session.set('n', 7))
    await one.subjects.revoke('u0')
    const seen: unknown[] = []
    for await (const info of one.scan()) seen.push(info.data?.userId)
    expect(seen.toSorted()).toEqual([...Array(13).fill('u1'), ...Array(13).fill('u2')])
    expect(await one.destroyAll()).toBe(26)
    expect(await one.destroyAll()).toBe(0)
    expect((await other.request((session) => session.get('n'))).value).toBe(7)
  })
})
