import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { later } from '../../../support/later.js'
import { cartOf, hold, login, outcomeOf, setUp, tabOf, userOf } from './kit.js'

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

  it('takes a double click at the last seat for one login', async () => {
    const { client } = setUp({ onLimit: 'refuse', maxPerSubject: 2 })
    await login(client())
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    const twin = tabOf(visitor, client())
    expect(await Promise.all([outcomeOf(login(visitor)), outcomeOf(login(twin))])).toEqual(['in', 'in'])
  })

  it('J9 gives a flash back that a refused login has taken and kept', async () => {
    const { client } = setUp({ onLimit: 'refuse' })
    await login(client())
    const visitor = client()
    await visitor.request((session) => {
      session.set('cart', 'x')
      session.flash.set('note', 'hello')
    })
    const refused = visitor.request(async (session) => {
      await session.flash.take('note')
      session.flash.keep('note')
      session.set('userId', 'ann')
    })
    expect(await outcomeOf(refused)).toBe('ERR_SESSION_LIMIT')
    expect((await visitor.request((session) => session.flash.take('note'))).value).toBe('hello')
  })

  it('keeps what is set while a refused save() is under way', async () => {
    const { client } = setUp({ onLimit: 'refuse' })
    await login(client())
    const visitor = client()
    await visitor.request((session) => session.set('cart', 'x'))
    await visitor.request(async (session) => {
      session.set('userId', 'ann')
      const saving = outcomeOf(session.save())
      session.set('cart', 'later')
      expect(await saving).toBe('ERR_SESSION_LIMIT')
    })
    expect([await userOf(visitor), await cartOf(visitor)]).toEqual([undefined, 'later'])
  })

  it('whoever takes a turn over from a slow login counts again, too', async () => {
    const { client, watched, definition } = setUp({ onLimit: 'refuse' })
    const [slow, fast] = [client(), client()]
    for (const each of [slow, fast]) await each.request((session) => session.set('cart', 'x'))
    const gates: (() => void)[] = []
    watched.before = (call) =>
      call === 'update' && gates.length < 3 ? new Promise<void>((resolve) => void gates.push(resolve)) : undefined
    const opened = async (n: number) => {
      while (gates.length <= n) await sleep(1)
      return gates[n]?.()
    }
    const slowLogin = outcomeOf(login(slow))
    while (gates.length < 1) await sleep(1)
    const fastLogin = outcomeOf(login(fast))
    await sleep(20)
    later(31_000)
    // The second update takes the turn over, the third is the fast login's own.
    await opened(1)
    while (gates.length < 3) await sleep(1)
    await opened(0)
    await slowLogin
    await opened(2)
    await fastLogin
    expect((await definition.subjects.list('ann')).length).toBeLessThan(2)
  })

  it('counts a regenerate({ keep }) that makes the session another subject’s', async () => {
    const { client, definition } = setUp({
      onLimit: 'refuse',
      subject: ({ cart, userId }) => cart ?? userId,
    })
    const [admin, other] = [client(), client()]
    await admin.request((session) => {
      session.set('userId', 'ann')
      session.set('cart', 'as bob')
    })
    await login(other)
    const renewal = admin.request((session) => session.regenerate({ keep: ['userId'] }))
    expect(await outcomeOf(renewal)).toBe('ERR_SESSION_LIMIT')
    expect(await definition.subjects.list('ann')).toHaveLength(1)
  })
})
