import { describe, expect, it } from 'vitest'
import { later } from '../../../support/later.js'
import { justBefore, login, outcomeOf, setUp, userOf } from './kit.js'

const down = () => Promise.reject(new Error('down'))

describe('a rotation whose last look fails', () => {
  it.each(['ignore', 'revoke'] as const)('tells the client its new id all the same (onReuse %s)', async (onReuse) => {
    for (const limited of [true, false]) {
      const { client, clock, watched } = setUp({ rotateEvery: 600, onReuse, unlimited: !limited })
      const browser = client()
      await login(browser)
      clock.advance(700)
      // The third read is the epoch's after the move.
      if (limited) justBefore(watched, 'bySubject', down)
      else justBefore(watched, 'read', down, 3)
      expect(await userOf(browser)).toBe('ann')
      watched.before = () => undefined
      clock.advance(120)
      expect(await userOf(browser)).toBe('ann')
    }
  })

  it('also when it is the answer of the forward that got lost', async () => {
    const { client, clock, watched } = setUp({ unlimited: true, rotateEvery: 600 })
    const browser = client()
    await login(browser)
    clock.advance(700)
    const { store } = watched
    const { update, read } = store
    store.update = async (...args) => {
      await update(...args)
      store.update = update
      store.read = async () => {
        store.read = read
        throw new Error('lost')
      }
      throw new Error('lost')
    }
    expect(await userOf(browser)).toBe('ann')
    clock.advance(120)
    expect(await userOf(browser)).toBe('ann')
  })
})

describe('a revocation that died half-way', () => {
  async function died(options: Parameters<typeof setUp>[0]) {
    const set = setUp({ unlimited: true, storeTimeout: 100, ...options })
    const browser = set.client()
    await login(browser)
    set.clock.advance(700)
    set.watched.before = (call) => (call === 'bySubject' || call === 'update' ? down() : undefined)
    await expect(set.definition.subjects.revoke('ann')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    set.watched.before = () => undefined
    return { ...set, browser }
  }

  it('lets a rotation by itself wait for a later request', async () => {
    const { browser } = await died({ rotateEvery: 600 })
    const { cookie } = browser
    expect(await userOf(browser)).toBe('ann')
    expect(browser.cookie).toBe(cookie)
    later(61_000)
    expect(await userOf(browser)).toBe('ann')
    expect(browser.cookie).not.toBe(cookie)
  })

  it('refuses a regenerate() and ends nothing', async () => {
    const { browser } = await died({})
    const renewal = () => outcomeOf(browser.request((session) => session.regenerate()))
    expect(await renewal()).toBe('ERR_SESSION_CONFLICT')
    expect(await userOf(browser)).toBe('ann')
    later(61_000)
    expect([await renewal(), await userOf(browser)]).toEqual(['in', 'ann'])
  })
})
