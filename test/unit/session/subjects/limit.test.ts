import { describe, expect, it } from 'vitest'
import { createTestClient } from '../../../../src/testing/test-client.js'

import { setUp } from './login-kit.js'

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
