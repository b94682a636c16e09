import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, json, memoryStore, migration } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { outcomeOf, schema } from './kit.js'

describe('a record that cannot be read', () => {
  const from = z.object({ userId: z.string().optional(), theme: z.string().optional() })
  const to = z.object({ userId: z.string().optional(), color: z.string().optional() })
  const up = migration(from, to, ({ theme, userId }) => {
    if (theme === 'odd') throw new Error('cannot')
    return { userId }
  })
  async function withOddRecord(options: {
    maxPerSubject?: number
    onLimit?: 'oldest' | 'refuse'
    rotateEvery?: number
  }) {
    const clock = fakeClock()
    const base = { store: memoryStore(), clock, subject: 'userId' } as const
    const now = defineSession(to, { ...base, ...options, version: 2, migrations: [up] })
    const browser = createTestClient(now)
    await browser.request((session) => session.set('userId', 'ann'))
    await createTestClient(defineSession(from, base)).request((session) => {
      session.set('userId', 'ann')
      session.set('theme', 'odd')
    })
    return { clock, now, browser }
  }

  it.each(['oldest', 'refuse'] as const)('keeps nobody from logging in elsewhere (%s)', async (onLimit) => {
    const { now } = await withOddRecord({ maxPerSubject: 5, onLimit })
    const other = createTestClient(now)
    await other.request((session) => session.set('userId', 'ann'))
    expect((await other.request((session) => session.get('userId'))).value).toBe('ann')
  })

  it('fails no request of another session that rotates', async () => {
    const { browser, clock } = await withOddRecord({ maxPerSubject: 5, rotateEvery: 600 })
    clock.advance(700)
    expect((await browser.request((session) => session.get('userId'))).value).toBe('ann')
  })

  it('is in the list without its data, and can be ended', async () => {
    const { now } = await withOddRecord({})
    const odd = (await now.subjects.list('ann')).filter(({ data }) => data === undefined)
    expect(odd).toHaveLength(1)
    expect(await odd[0]?.revoke()).toBe(true)
  })

  it('counts, also when it is of a codec unknown here', async () => {
    const base = { store: memoryStore(), subject: 'userId', maxPerSubject: 1, onLimit: 'refuse' } as const
    const newer = createTestClient(defineSession(schema, { ...base, codec: json() }))
    await newer.request((session) => session.set('userId', 'ann'))
    const older = createTestClient(defineSession(schema, base))
    expect(await outcomeOf(older.request((session) => session.set('userId', 'ann')))).toBe('ERR_SESSION_LIMIT')
  })
})
