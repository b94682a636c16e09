import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { cartOf, hold, justBefore, login, type Options, outcomeOf, setUp, tabOf, userOf } from './kit.js'

const down = () => Promise.reject(new Error('down'))

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

describe('a login that is taken back', () => {
  it.each([{ unlimited: true }, {}])('J12 law 2 stays so when its write arrives late (%o)', async (options) => {
    const { client, watched, definition } = setUp({ ...options, storeTimeout: 50 })
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    const { release } = hold(watched, 'update')
    expect(await outcomeOf(login(visitor))).toBe('ERR_SESSION_STORE_TIMEOUT')
    watched.before = () => undefined
    await definition.subjects.revoke('ann')
    await login(client())
    release()
    await sleep(10)
    expect([await userOf(visitor), await cartOf(visitor)]).toEqual([undefined, 'x'])
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })

  it('never goes back to another subject, past its revocation or its maximum', async () => {
    for (const meanwhile of ['revoke', 'login'] as const) {
      const { client, clock, watched, definition } = setUp()
      const browser = client()
      await login(browser, 'bob')
      clock.advance(1)
      justBefore(watched, 'bySubject', async () => {
        watched.before = () => undefined
        await (meanwhile === 'revoke' ? definition.subjects.revoke('bob') : login(client(), 'bob'))
        throw new Error('down')
      })
      expect(await outcomeOf(login(browser))).toBe('ERR_SESSION_STORE')
      expect(await userOf(browser)).toBeUndefined()
      expect(await definition.subjects.list('bob')).toHaveLength(meanwhile === 'revoke' ? 0 : 1)
    }
  })

  it('does not undo the touch of another request', async () => {
    const { client, watched, clock } = setUp({ touchAfter: 10 })
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    clock.advance(3500)
    const tab = tabOf(visitor, client())
    justBefore(watched, 'bySubject', down)
    const failing = visitor.request(async (session) => {
      await cartOf(tab)
      clock.advance(50)
      session.set('userId', 'ann')
    })
    expect(await outcomeOf(failing)).toBe('ERR_SESSION_STORE')
    watched.before = () => undefined
    clock.advance(200)
    expect(await cartOf(tab)).toBe('x')
  })
})
