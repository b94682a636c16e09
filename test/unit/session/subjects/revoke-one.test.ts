import { describe, expect, it } from 'vitest'
import { countingStore } from '../../../support/counting-store.js'
import { login, setUp, userOf } from './kit.js'

describe('subjects.revoke(subject, { ref }): one session of a list', () => {
  it('ends that one alone, and no other subject\u2019s', async () => {
    const { definition, client } = setUp({ unlimited: true })
    const [one, two, other] = [client(), client(), client()]
    await login(one)
    await login(two)
    await login(other, 'bob')
    const { value: ref } = await one.request((session) => session.ref ?? '')
    const { value: foreign } = await other.request((session) => session.ref ?? '')
    expect(await definition.subjects.revoke('ann', { ref: foreign })).toBe(0)
    expect(await definition.subjects.revoke('ann', { ref: 'unknown' })).toBe(0)
    expect(await definition.subjects.revoke('ann', { ref })).toBe(1)
    expect(await definition.subjects.revoke('ann', { ref })).toBe(0)
    expect([await userOf(one), await userOf(two), await userOf(other)]).toEqual([undefined, 'ann', 'bob'])
  })

  it('ends it also when it gets a new id just then, and leaves logins of others alone', async () => {
    const { definition, client, watched } = setUp({ unlimited: true })
    const [one, two] = [client(), client()]
    await login(one)
    const { value: ref } = await one.request((session) => session.ref ?? '')
    watched.before = async (call) => {
      if (call !== 'destroy') return
      watched.before = () => undefined
      await one.request((session) => session.regenerate())
      await login(two)
    }
    expect(await definition.subjects.revoke('ann', { ref })).toBe(1)
    expect([await userOf(one), await userOf(two)]).toEqual([undefined, 'ann'])
  })

  it('is refused beside except, and without a text: a name that got lost must not end all', async () => {
    const { definition, client } = setUp({ unlimited: true })
    const one = client()
    await login(one)
    for (const options of [{ ref: 'x', except: { ref: 'y' } }, { ref: undefined }, { ref: 5 as never }])
      await expect(definition.subjects.revoke('ann', options)).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
    expect(await userOf(one)).toBe('ann')
  })
})

describe('maxPerSubject that is new for an account with many sessions', () => {
  it('costs each login a bounded number of ended sessions, several at a time, oldest first; the following logins end the rest', async () => {
    const { definition, client, watched, clock } = setUp({ unlimited: true })
    for (let i = 0; i < 200; i++) await login(client())
    clock.advance(1)
    let [inside, most] = [0, 0]
    const { store, calls } = countingStore(watched.store, async (call) => {
      if (call !== 'destroy') return
      most = Math.max(most, ++inside)
      await new Promise((resolve) => setTimeout(resolve, 1))
      inside--
    })
    const limited = definition.with({ store, maxPerSubject: 5 })
    const { createTestClient } = await import('../../../../src/testing/test-client.js')
    const newest = createTestClient(limited)
    await login(newest)
    const ended = calls.filter((call) => call === 'destroy').length
    expect(ended).toBe(64)
    expect(most).toBe(16)
    expect(await userOf(newest)).toBe('ann')
    for (let i = 0; i < 3; i++) await login(createTestClient(limited))
    expect(await limited.subjects.list('ann')).toHaveLength(5)
    expect(await userOf(newest)).toBe('ann')
  })
})
