import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../src/index.js'
import { createTestClient } from '../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const flash = z.object({ notice: z.string() })

describe('a response that becomes an error has delivered nothing (law 3)', () => {
  it('a flash that it took is there for the next one', async () => {
    const store = memoryStore()
    const client = createTestClient(defineSession(schema, { flash, store }))
    await client.request((session) => session.flash.set('notice', 'saved'))
    const { update } = store
    const failed = client.request(async (session) => {
      expect(await session.flash.take('notice')).toBe('saved')
      session.set('n', 1)
      let calls = 0
      store.update = (...args) => (calls++ === 0 ? Promise.reject(new Error('down')) : update(...args))
    })
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    store.update = update
    await client.request(async (session) => {
      expect(await session.flash.take('notice')).toBe('saved')
      expect(session.get('n')).toBe(0)
    })
  })
})

describe('law 10 the cookie mirrors the store', () => {
  it('no cookie goes out for a session that ended after it got a new id', async () => {
    const store = memoryStore()
    const definition = defineSession(schema, { flash, store })
    const client = createTestClient(definition)
    await client.request((session) => session.set('n', 1))
    const { setCookies } = await client.request(async (session) => {
      await session.regenerate()
      await definition.destroyById(session.id ?? '')
      session.set('n', 2)
    })
    expect(setCookies).toEqual([])
  })
})
