import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore, type SessionError } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ userId: z.string().optional(), cart: z.string().optional(), n: z.number().default(0) })
const flash = z.object({ note: z.string() })
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error: SessionError) => error.code,
  )

/** A stored session of somebody who is about to log in, on a store whose calls can be made to answer otherwise. */
async function visitor() {
  const store = memoryStore()
  const client = createTestClient(defineSession(schema, { store, flash }))
  await client.request((session) => {
    session.set('cart', 'books')
    session.flash.set('note', 'hello')
  })
  const break_ = (name: 'move' | 'update', how: 'conflict' | 'fails') => {
    const working = store[name]
    store[name] = () =>
      how === 'conflict' ? Promise.resolve('conflict') : Promise.reject(new Error('connection lost'))
    return () => Object.assign(store, { [name]: working })
  }
  const stored = async () => (await client.request((session) => ({ ...session.data }))).value
  return { client, break_, stored }
}

describe('what an immediate call could not store is not stored by the response that says so (law 1)', () => {
  // No pauses between the attempts.
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
  afterEach(() => void vi.restoreAllMocks())

  it.each(['conflict', 'fails'] as const)(
    'D1: a regenerate that %s stores nothing of the login under the old id, even if the app goes on',
    async (how) => {
      const { client, break_, stored } = await visitor()
      const { cookie } = client
      await client.request(async (session) => {
        session.set('userId', 'ann')
        const mend = break_('move', how)
        expect(await codeOf(session.regenerate())).toBe(
          how === 'conflict' ? 'ERR_SESSION_CONFLICT' : 'ERR_SESSION_STORE',
        )
        mend()
        expect(session.get('userId')).toBeUndefined()
        session.set('n', 1)
      })
      expect(client.cookie).toBe(cookie)
      expect(await stored()).toEqual({ cart: 'books', n: 1 })
    },
  )

  it.each([
    ['rotate', 'move', 'conflict'],
    ['rotate', 'move', 'fails'],
    ['save', 'update', 'conflict'],
    ['save', 'update', 'fails'],
  ] as const)(
    'a %s whose %s %s: too many conflicts drop what was pending, a missing answer keeps it',
    async (call, name, how) => {
      const { client, break_, stored } = await visitor()
      await client.request(async (session) => {
        session.set('n', 1)
        const mend = break_(name, how)
        const called = codeOf(session[call]())
        // This was not pending when it began.
        session.set('userId', 'ann')
        expect(await called).toBe(how === 'conflict' ? 'ERR_SESSION_CONFLICT' : 'ERR_SESSION_STORE')
        mend()
      })
      expect(await stored()).toEqual({ cart: 'books', n: how === 'conflict' ? 0 : 1, userId: 'ann' })
    },
  )

  it('a flash that was kept is there again, though the save that kept it met too many conflicts', async () => {
    const { client, break_ } = await visitor()
    await client.request(async (session) => {
      expect(await session.flash.take('note')).toBe('hello')
      session.flash.keep('note')
      const mend = break_('update', 'conflict')
      expect(await codeOf(session.save())).toBe('ERR_SESSION_CONFLICT')
      mend()
    })
    expect((await client.request((session) => session.flash.take('note'))).value).toBe('hello')
  })
})
