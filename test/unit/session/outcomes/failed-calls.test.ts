import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { storeAround } from '../../../support/store-around.js'

const schema = z.object({
  stock: z.number().default(1),
  order: z.string().optional(),
  n: z.number().max(10).default(0),
  user: z.string().optional(),
})
const flash = z.object({ notice: z.string(), errors: z.array(z.string()).max(2) })

/** Runs once after the next call of that name has reached the store; `lost` then loses its answer. */
function setUp(subject?: 'user') {
  const hook: { after?: { call: string; run: () => Promise<unknown>; lost?: boolean } | undefined } = {}
  const plain = memoryStore()
  const store = storeAround(plain, async (name, run) => {
    const { after } = hook
    if (name !== after?.call) return run()
    hook.after = undefined
    const answer = await run()
    await after.run()
    if (after.lost) throw new Error('connection reset')
    return answer
  })
  const options = { store, flash, cookie: { secure: false }, autoCollect: false }
  const definition = defineSession(schema, subject ? { ...options, subject } : options)
  const client = createTestClient(definition)
  const other = (handler: Parameters<typeof client.request>[0]) => client.request(handler, { cookie: client.cookie })
  const data = async () => (await client.request((session) => session.data)).value
  return { hook, definition, client, other, data }
}

describe('a change that fails when it is replayed on what another request has stored (law 1, law 3)', () => {
  const buy = (stock: number) => {
    if (stock === 0) throw Object.assign(new Error('sold out'), { status: 409 })
    return stock - 1
  }

  it.each(['save', 'take', 'rotate', 'lock'] as const)(
    'leaves that as it is, also if the app goes on: %s()',
    async (how) => {
      const { client, other, data } = setUp()
      await client.request((session) => session.flash.set('notice', 'once'))
      await client
        .request(async (session, reopen) => {
          session.update('stock', buy)
          await other(async (theirs) => {
            theirs.update('stock', buy)
            theirs.set('order', 'theirs')
            await theirs.flash.take('notice')
          })
          const call = {
            save: () => session.save(),
            take: () => session.flash.take('notice'),
            rotate: () => session.rotate(),
            lock: () => reopen({ lock: true }),
          }[how]
          await expect(call()).rejects.toThrow('sold out')
        })
        .catch((error: unknown) => expect(error).toMatchObject({ message: 'sold out' }))
      expect(await data()).toMatchObject({ stock: 0, order: 'theirs' })
      expect((await client.request((session) => session.flash.peek('notice'))).value).toBeUndefined()
    },
  )

  it('what save() could not replay is dropped, and what the app changes then is stored', async () => {
    const { client, other, data } = setUp()
    await client.request((session) => session.set('stock', 1))
    await client.request(async (session) => {
      session.update('stock', buy)
      await other((theirs) => theirs.update('stock', buy))
      await expect(session.save()).rejects.toThrow('sold out')
      session.set('order', 'none left')
    })
    expect(await data()).toMatchObject({ stock: 0, order: 'none left' })
  })
})

describe('an update whose answer is lost (law 1)', () => {
  it('is not applied again when it turns out to be stored', async () => {
    const { hook, client, data } = setUp()
    await client.request((session) => session.set('n', 1))
    await client.request(async (session) => {
      session.update('n', (n) => n + 1)
      // Neither the update nor the look at what became of it is answered.
      hook.after = {
        call: 'update',
        lost: true,
        run: async () => {
          hook.after = { call: 'read', lost: true, run: async () => {} }
        },
      }
      await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      session.set('order', 'mine')
    })
    expect(await data()).toMatchObject({ n: 2, order: 'mine' })
  })

  it('is not applied again when nobody can tell: the response says so', async () => {
    const { hook, client, other, data } = setUp()
    await client.request((session) => session.set('n', 1))
    const request = client.request(async (session) => {
      session.update('n', (n) => n + 1)
      hook.after = { call: 'update', lost: true, run: () => other((theirs) => theirs.set('order', 'theirs')) }
      await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    })
    await expect(request).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
    expect(await data()).toMatchObject({ n: 2, order: 'theirs' })
  })
})

it('a save() that had nothing to write is done: what others store later is not undone by it', async () => {
  const { client, other, data } = setUp()
  await client.request((session) => session.set('order', 'mine'))
  await client.request((session) => void session.delete('order'))
  await client.request(async (session) => {
    session.clear()
    await session.save()
    await other((theirs) => theirs.set('order', 'theirs'))
    session.set('n', 1)
  })
  expect(await data()).toMatchObject({ order: 'theirs', n: 1 })
})

it('law 2: a second save() of a login that was revoked meanwhile stores nothing', async () => {
  const { hook, definition, client } = setUp('user')
  await client.request(async (session) => {
    session.set('user', 'ann')
    hook.after = { call: 'create', run: () => definition.subjects.revoke('ann') }
    // The first record is that of the subject's epoch only when a revocation makes it; here it is the session's.
    await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
    await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
  })
  expect(client.cookie).toBe('')
})

it('regenerate({ keep }) behind another call drops what was there when it was asked for, and nothing set since', async () => {
  const { client, data } = setUp()
  await client.request((session) => {
    session.set('order', 'mine')
    session.flash.set('notice', 'once')
  })
  await client.request(async (session) => {
    const taking = session.flash.take('notice')
    const renewing = session.regenerate({ keep: ['order'] })
    session.set('user', 'ann')
    await Promise.all([taking, renewing])
  })
  expect(await data()).toMatchObject({ order: 'mine', user: 'ann' })
})

describe('a call that is not awaited', () => {
  it.each(['save', 'regenerate', 'rotate', 'destroy'] as const)(
    '%s() that fails is the error of the response',
    async (how) => {
      const { hook, client, data } = setUp()
      await client.request((session) => session.set('n', 1))
      const fail = () => Promise.reject(new Error('down'))
      const request = client.request((session) => {
        session.set('n', 2)
        hook.after = {
          call: { save: 'update', regenerate: 'move', rotate: 'move', destroy: 'destroy' }[how],
          run: async () => {
            hook.after = { call: how === 'destroy' ? 'destroy' : 'read', run: fail }
            await fail()
          },
        }
        void session[how]()
      })
      await expect(request).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
      hook.after = undefined
      if (how === 'save') expect(await data()).toMatchObject({ n: 2 })
    },
  )

  it('that finds the session ended elsewhere is no error, unless the app asked to hear of it', async () => {
    const { client, other } = setUp()
    await client.request((session) => session.set('n', 1))
    await client.request(async (session) => {
      await other((theirs) => theirs.destroy())
      session.set('n', 2)
      void session.save()
    })
    expect((await client.request((session) => session.isNew)).value).toBe(true)
  })
})
