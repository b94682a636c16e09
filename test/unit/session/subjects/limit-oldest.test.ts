import { describe, expect, it } from 'vitest'
import { defineSession } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { flash, hold, justBefore, login, outcomeOf, schema, setUp, userOf } from './kit.js'

describe("onLimit 'oldest' goes by the login", () => {
  it('and not by when the session began', async () => {
    const { clock, client } = setUp()
    const [phone, laptop] = [client(), client()]
    await phone.request((session) => session.set('cart', 'anonymous since long ago'))
    clock.advance(60)
    await login(laptop)
    clock.advance(60)
    await login(phone)
    expect([await userOf(phone), await userOf(laptop)]).toEqual(['ann', undefined])
  })

  it('also when the handler was slow after regenerate()', async () => {
    const { clock, client } = setUp()
    const [phone, laptop] = [client(), client()]
    await phone.request((session) => session.set('cart', 'x'))
    await phone.request(async (session) => {
      await session.regenerate()
      clock.advance(60)
      await login(laptop)
      clock.advance(60)
      session.set('userId', 'ann')
    })
    expect([await userOf(phone), await userOf(laptop)]).toEqual(['ann', undefined])
  })

  it('a login anew in the same session makes it the newest, rotate() does not', async () => {
    for (const how of ['regenerate', 'rotate'] as const) {
      const { clock, client } = setUp({ maxPerSubject: 2 })
      const [first, second, third] = [client(), client(), client()]
      await login(first)
      clock.advance(60)
      await login(second)
      clock.advance(60)
      await first.request((session) => session[how]())
      clock.advance(60)
      await login(third)
      const left = how === 'regenerate' ? second : first
      for (const one of [first, second, third]) expect(await userOf(one)).toBe(one === left ? undefined : 'ann')
    }
  })

  it('a server whose clock is behind does not log out whoever logs in there', async () => {
    const { clock, client, definition } = setUp()
    const behind = definition.with({ clock: () => clock() - 5000 })
    const [phone, laptop] = [createTestClient(behind), client()]
    await login(laptop)
    clock.advance(1)
    await login(phone)
    expect([await userOf(phone), await userOf(laptop)]).toEqual(['ann', undefined])
  })

  it('nor is there one too many when another request changes the session of that login meanwhile', async () => {
    const { clock, client, definition, watched } = setUp()
    const behind = definition.with({ clock: () => clock() - 5000 })
    const [phone, laptop] = [createTestClient(behind), client()]
    await phone.request((session) => session.set('cart', 'x'))
    await login(laptop)
    const tab = createTestClient(behind, { cookie: phone.cookie })
    // The second update of the login is the one that makes it the newer.
    justBefore(watched, 'update', () => tab.request((session) => session.set('n', 1)), 2)
    await outcomeOf(login(phone))
    const users = await Promise.all([phone, laptop].map(userOf))
    expect(users.filter((user) => user === 'ann')).toHaveLength(1)
  })

  it('sessions that were stored before there was a maximum count from their creation', async () => {
    const { clock, client, watched } = setUp({ maxPerSubject: 2 })
    const before = createTestClient(defineSession(schema, { store: watched.store, clock, flash, subject: 'userId' }))
    await login(before)
    const others = [client(), client()]
    for (const other of others) {
      clock.advance(1)
      await login(other)
    }
    expect([await userOf(before), ...(await Promise.all(others.map(userOf)))]).toEqual([undefined, 'ann', 'ann'])
  })

  it('a change of subject is a login, a change of anything else is none', async () => {
    const { clock, client } = setUp({ maxPerSubject: 2 })
    const [bob, first, second] = [client(), client(), client()]
    await bob.request((session) => session.set('userId', 'bob'))
    clock.advance(1)
    await login(first)
    clock.advance(1)
    await login(bob)
    clock.advance(1)
    await first.request((session) => session.set('n', 1))
    await login(second)
    expect(await Promise.all([bob, first, second].map(userOf))).toEqual(['ann', undefined, 'ann'])
  })
})

describe("onLimit 'oldest' and sessions that get a new id meanwhile", () => {
  it('one that is under two keys for a moment counts once', async () => {
    const { clock, client, watched, destroyed } = setUp({ maxPerSubject: 2, rotateEvery: 600 })
    const [rotating, coming] = [client(), client()]
    await login(rotating)
    clock.advance(700)
    // The new record is stored, and the old one not yet a forward.
    const { there, release } = hold(watched, 'update')
    const request = userOf(rotating)
    await there
    await login(coming)
    release()
    await request
    expect([await userOf(rotating), await userOf(coming)]).toEqual(['ann', 'ann'])
    expect(destroyed).toEqual([])
  })

  it.each(['rotateEvery', 'regenerate', 'rotate', 'set'] as const)(
    'one that changes between the listing and its end is ended all the same (%s)',
    async (how) => {
      const { clock, client, watched, definition } = setUp(how === 'rotateEvery' ? { rotateEvery: 600 } : {})
      const [old, coming] = [client(), client()]
      await login(old)
      clock.advance(700)
      justBefore(watched, 'destroy', () =>
        old.request((session) => {
          if (how === 'set') session.set('n', 1)
          else if (how !== 'rotateEvery') return session[how]()
          return undefined
        }),
      )
      // After regenerate() the old one is the newer login of the two, at the same millisecond or later.
      if (how === 'regenerate') clock.advance(1)
      await login(coming)
      watched.before = () => undefined
      expect(await definition.subjects.list('ann')).toHaveLength(1)
      if (how !== 'regenerate') expect([await userOf(old), await userOf(coming)]).toEqual([undefined, 'ann'])
    },
  )

  it('one that has moved on to another subject by then is left alone', async () => {
    const { clock, client, watched } = setUp()
    const [old, coming] = [client(), client()]
    await login(old)
    clock.advance(1)
    justBefore(watched, 'destroy', () => old.request((session) => session.set('userId', 'bob')))
    await login(coming)
    expect([await userOf(old), await userOf(coming)]).toEqual(['bob', 'ann'])
  })
})

it('a server without a maximum gives a session that changes its subject a new seat', async () => {
  const { clock, client, watched } = setUp({ maxPerSubject: 2 })
  const free = createTestClient(defineSession(schema, { store: watched.store, clock, subject: 'userId' }))
  const [first, second, third] = [client(), client(), client()]
  await login(first, 'ann')
  clock.advance(60)
  await login(second, 'bob')
  clock.advance(60)
  free.cookie = first.cookie
  await free.request((session) => session.set('userId', 'bob'))
  clock.advance(60)
  await login(third, 'bob')
  expect(await Promise.all([first, second, third].map(userOf))).toEqual(['bob', undefined, 'bob'])
})
