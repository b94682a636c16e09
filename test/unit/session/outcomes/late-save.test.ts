import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0), other: z.number().optional() })
const flash = z.object({ notice: z.string() })

function setUp() {
  const clock = fakeClock()
  const store = memoryStore()
  const client = createTestClient(defineSession(schema, { store, flash, clock, idleTimeout: 100, touchAfter: 50 }))
  return { clock, store, client }
}

describe('a write that is answered after the deadline and cannot be undone', () => {
  it.each(['flash', 'change', 'save'] as const)('counts once, whatever comes after its error: %s', async (after) => {
    const { clock, store, client } = setUp()
    await client.request((session) => {
      session.set('n', 1)
      session.flash.set('notice', 'hello')
    })
    clock.advance(90)
    const { update, destroy } = store
    await client.request(async (session) => {
      session.update('n', (n) => n + 1)
      store.update = async (...args) => {
        store.update = update
        const answer = await update(...args)
        clock.advance(15)
        return answer
      }
      store.destroy = () => Promise.reject(new Error('no answer'))
      await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      store.destroy = destroy
      if (after === 'flash') await session.flash.take('notice')
      if (after === 'change') session.set('other', 1)
      if (after === 'save') await session.save()
      expect(session.get('n')).toBe(2)
    })
    expect(await client.request((session) => session.get('n'))).toMatchObject({ value: 2 })
  })
})
