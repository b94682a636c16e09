import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

import { schema, setUp } from './login-kit.js'

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
