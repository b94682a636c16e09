import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { defineSession } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { later } from '../../../support/later.js'
import { cartOf, flash, hold, justBefore, login, type Options, outcomeOf, schema, setUp, userOf } from './kit.js'

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

describe("onLimit 'refuse'", () => {
  it('lets one in of two at the same time, whichever session is older', async () => {
    for (const slowIsOlder of [true, false]) {
      const { clock, client, definition, watched } = setUp({ onLimit: 'refuse' })
      const [first, second] = [client(), client()]
      await first.request((session) => session.set('cart', 'first'))
      clock.advance(60)
      await second.request((session) => session.set('cart', 'second'))
      const [slow, fast] = slowIsOlder ? [first, second] : [second, first]
      const { there, release } = hold(watched, 'update')
      const slowLogin = outcomeOf(login(slow))
      await there
      const fastLogin = outcomeOf(login(fast))
      // It is answered, or it waits.
      await Promise.race([fastLogin, new Promise((resolve) => setTimeout(resolve, 30))])
      release()
      expect(await Promise.all([slowLogin, fastLogin])).toEqual(['in', 'ERR_SESSION_LIMIT'])
      expect(await definition.subjects.list('ann')).toHaveLength(1)
      expect([await cartOf(slow), await cartOf(fast)]).toEqual(slowIsOlder ? ['first', 'second'] : ['second', 'first'])
    }
  })

  it('gives up waiting for a login that hangs, and stores nothing', async () => {
    const { client, watched, definition } = setUp({ onLimit: 'refuse', storeTimeout: 200 })
    const [stuck, other] = [client(), client()]
    await other.request((session) => session.set('cart', 'x'))
    const { there, release } = hold(watched, 'read')
    const first = outcomeOf(login(stuck))
    await there
    // The call that hangs ends by `storeTimeout` too, so either this one has its turn then, or it has given up.
    expect(['in', 'ERR_SESSION_CONFLICT']).toContain(await outcomeOf(login(other)))
    expect(await first).toBe('ERR_SESSION_STORE_TIMEOUT')
    release()
    expect(await cartOf(other)).toBe('x')
    expect((await definition.subjects.list('ann')).length).toBeLessThan(2)
  })

  it('a turn that lasted too long is looked over again, and the visitor keeps what was stored', async () => {
    const { client, watched, definition } = setUp({ onLimit: 'refuse' })
    const [slow, fast] = [client(), client()]
    await slow.request((session) => session.set('cart', 'slow'))
    const { there, release } = hold(watched, 'update')
    const slowLogin = outcomeOf(login(slow))
    await there
    // Its lease runs out while the other one waits, as if the server had stood still.
    const fastLogin = outcomeOf(login(fast))
    await sleep(20)
    later(31_000)
    expect(await fastLogin).toBe('in')
    release()
    expect(await slowLogin).toBe('ERR_SESSION_LIMIT')
    expect([await userOf(slow), await cartOf(slow)]).toEqual([undefined, 'slow'])
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })

  it('a server that died during its turn holds nobody up for longer than its lease', async () => {
    const { client, watched } = setUp({ onLimit: 'refuse' })
    const { store } = watched
    const { destroy, bySubject } = store
    const killed = { next: () => Promise.reject<never>(new Error('killed')), [Symbol.asyncIterator]: () => killed }
    store.bySubject = () => killed
    store.destroy = () => Promise.reject(new Error('killed'))
    expect(await outcomeOf(login(client()))).toBe('ERR_SESSION_STORE')
    Object.assign(store, { destroy, bySubject })
    const next = outcomeOf(login(client()))
    await sleep(20)
    later(30_000)
    expect(await next).toBe('in')
  })

  it('a rotation that has to wait for its turn comes with a later request', async () => {
    const { clock, client, watched } = setUp({ onLimit: 'refuse', maxPerSubject: 2, rotateEvery: 600 })
    const [rotating, coming] = [client(), client()]
    await login(rotating)
    clock.advance(700)
    const { there, release } = hold(watched, 'bySubject')
    const slow = login(coming)
    await there
    const before = rotating.cookie
    expect(await userOf(rotating)).toBe('ann')
    expect(rotating.cookie).toBe(before)
    release()
    await slow
    expect(await userOf(rotating)).toBe('ann')
    expect(rotating.cookie).not.toBe(before)
  })
})

describe('a login whose last look fails', () => {
  const limits = [
    { unlimited: true },
    { maxPerSubject: 3 },
    { maxPerSubject: 3, onLimit: 'refuse' },
  ] satisfies Options[]

  it.each(limits)('logs nobody in and leaves nothing (%o)', async (limit) => {
    for (const existing of [true, false]) {
      const { client, definition, watched } = setUp(limit)
      const visitor = client()
      if (existing) await visitor.request((session) => session.set('cart', 'x'))
      let wrote = false
      watched.before = (call) => {
        if (call === (existing ? 'update' : 'create')) wrote = true
        if (wrote && call === 'read') throw new Error('down')
      }
      expect(await outcomeOf(login(visitor))).toBe('ERR_SESSION_STORE')
      watched.before = () => undefined
      expect([await userOf(visitor), await cartOf(visitor)]).toEqual([undefined, existing ? 'x' : undefined])
      expect(await definition.subjects.list('ann')).toEqual([])
    }
  })

  it('also when it is the listing that fails', async () => {
    const { client, definition, watched } = setUp()
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    watched.before = (call) => {
      if (call === 'bySubject') throw new Error('down')
    }
    expect(await outcomeOf(login(visitor))).toBe('ERR_SESSION_STORE')
    watched.before = () => undefined
    expect([await userOf(visitor), await cartOf(visitor)]).toEqual([undefined, 'x'])
    expect(await definition.subjects.list('ann')).toEqual([])
  })

  it('brings no session back that has expired meanwhile', async () => {
    const { client, clock, watched } = setUp()
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    clock.advance(3599)
    justBefore(watched, 'bySubject', async () => {
      clock.advance(1)
      throw new Error('down')
    })
    expect(await outcomeOf(login(visitor))).toBe('ERR_SESSION_STORE')
    expect(await cartOf(visitor)).toBeUndefined()
  })

  it('ends the session if another request has built on the login meanwhile', async () => {
    const { client, definition, watched } = setUp()
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    const { cookie } = visitor
    justBefore(watched, 'bySubject', async () => {
      await createTestClient(definition).request((session) => session.set('n', 7), { cookie })
      throw new Error('down')
    })
    expect(await outcomeOf(login(visitor))).toBe('ERR_SESSION_STORE')
    expect(await userOf(visitor)).toBeUndefined()
    expect(await definition.subjects.list('ann')).toEqual([])
  })

  it('the handle can be used after a save() that failed so', async () => {
    const { client, watched } = setUp()
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    await visitor.request(async (session) => {
      session.set('userId', 'ann')
      watched.before = (call) => {
        if (call === 'bySubject') throw new Error('down')
      }
      await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      watched.before = () => undefined
      await session.save()
    })
    expect([await userOf(visitor), await cartOf(visitor)]).toEqual(['ann', 'x'])
  })

  it('a regenerate() that cannot be confirmed leaves no session that nobody has the id of', async () => {
    const { client, definition, watched } = setUp()
    const visitor = client()
    await login(visitor)
    let moved = false
    watched.before = (call) => {
      if (call === 'move') moved = true
      if (moved && call === 'read') throw new Error('down')
    }
    expect(await outcomeOf(visitor.request((session) => session.regenerate()))).toBe('ERR_SESSION_STORE')
    watched.before = () => undefined
    expect(await definition.subjects.list('ann')).toEqual([])
  })
})

describe('what a login costs', () => {
  const calls = async (options: Options, others: number) => {
    const { client, clock, watched } = setUp(options)
    for (let i = 0; i < others; i++) {
      await login(client())
      clock.advance(1)
    }
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    watched.calls.length = 0
    await login(visitor)
    return watched.calls.join(' ')
  }

  it('without a maximum: two reads of the epoch', async () => {
    expect(await calls({ unlimited: true }, 1)).toBe('read read update read')
  })

  it('with one: a listing, and a call for each session that leaves', async () => {
    expect(await calls({ maxPerSubject: 2 }, 1)).toBe('read read update read bySubject')
    expect(await calls({ maxPerSubject: 2 }, 2)).toBe('read read update read bySubject destroy')
  })

  it("with 'refuse': a listing, and a turn", async () => {
    expect(await calls({ maxPerSubject: 2, onLimit: 'refuse' }, 1)).toBe(
      'read create bySubject read update read destroy',
    )
  })
})
