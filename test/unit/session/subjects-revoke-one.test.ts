import { describe, expect, it } from 'vitest'
import { login, setUp, userOf } from './subjects-kit.js'

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
