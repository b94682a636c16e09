import { describe, expect, it } from 'vitest'
import { login, type Options, setUp } from './kit.js'

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
