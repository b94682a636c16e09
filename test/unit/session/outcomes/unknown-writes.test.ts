import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import type { SessionOptions } from '../../../../src/session/definition/options.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { type Around, storeAround } from '../../../support/store-around.js'

const schema = z.object({
  a: z.number().optional(),
  b: z.number().optional(),
  n: z.number().default(0),
  user: z.string().optional(),
})
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

async function setUp(options: Pick<SessionOptions<typeof flash, typeof schema>, 'subject'> = {}) {
  const hook: { around?: Around | undefined } = {}
  const store = storeAround(memoryStore(), (name, run) => (hook.around ? hook.around(name, run) : run()))
  const definition = defineSession(schema, { store, flash, cookie: { secure: false }, autoCollect: false, ...options })
  const client = createTestClient(definition)
  await client.request((session) => {
    session.set('n', 1)
    session.flash.set('notice', 'x')
    session.flash.set('errors', ['x'])
  })
  /** Another request of the browser, which no failure meets. */
  const other = async (handler: Parameters<typeof client.request>[0]) => {
    const { around } = hook
    hook.around = undefined
    await client.request(handler, { cookie: client.cookie })
    hook.around = around
  }
  /** The next update fails, though it may have landed, and nobody can read what became of it. */
  const failUpdate = (landed: boolean, meanwhile: () => Promise<void> = async () => {}) => {
    let failed = false
    hook.around = async (name, run) => {
      if (name === 'update' && !failed) {
        failed = true
        if (landed) await run()
        throw new Error('connection reset')
      }
      if (name !== 'read' || !failed) return run()
      await meanwhile()
      hook.around = undefined
      throw new Error('connection reset')
    }
  }
  const stored = async () => {
    hook.around = undefined
    const { value } = await client.request((session) => ({
      ...session.data,
      notice: session.flash.peek('notice'),
      errors: session.flash.peek('errors'),
    }))
    return value
  }
  return { hook, client, other, failUpdate, stored }
}
const failure = { code: 'ERR_SESSION_STORE' }

describe('a write of which nobody knows whether it was stored (law 1)', () => {
  it('and that was a take() costs no other change', async () => {
    const { client, failUpdate, stored } = await setUp()
    await client.request(async (session) => {
      session.set('a', 1)
      failUpdate(true)
      await expect(session.flash.take('notice')).rejects.toMatchObject(failure)
    })
    expect(await stored()).toMatchObject({ a: 1 })
  })

  it('and that was repeated with success leaves nothing behind', async () => {
    const { client, failUpdate, other, stored } = await setUp()
    await client.request(async (session) => {
      session.set('a', 1)
      failUpdate(false)
      await expect(session.save()).rejects.toMatchObject(failure)
      await session.save()
      session.set('b', 2)
      await other((theirs) => theirs.set('n', 7))
    })
    expect(await stored()).toMatchObject({ a: 1, b: 2, n: 7 })
  })

  it('and on which another request may have built ends in a conflict, once', async () => {
    const { client, failUpdate, other, stored } = await setUp()
    await client.request(async (session) => {
      session.set('a', 1)
      failUpdate(false)
      await expect(session.save()).rejects.toMatchObject(failure)
      await other((theirs) => theirs.set('n', 7))
      await expect(session.save()).rejects.toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
      session.set('b', 2)
    })
    expect(await stored()).toEqual({ n: 7, b: 2, notice: 'x', errors: ['x'] })
  })

  it('can be taken back', async () => {
    const { client, failUpdate, stored } = await setUp()
    await client.request(async (session) => {
      session.set('n', 2)
      failUpdate(true)
      await expect(session.save()).rejects.toMatchObject(failure)
      session.set('n', 1)
    })
    expect(await stored()).toMatchObject({ n: 1 })
  })

  it('is applied once, though it lands after a look that did not show it', async () => {
    const { hook, client, stored } = await setUp()
    let late: (() => Promise<unknown>) | undefined
    await client.request(async (session, reopen) => {
      session.update('n', (n) => n + 1)
      hook.around = async (name, run) => {
        if (name !== 'update' || late) return run()
        late = run
        throw new Error('connection reset')
      }
      await expect(session.save()).rejects.toMatchObject(failure)
      await reopen({ lock: true })
      await late?.()
    })
    expect(await stored()).toMatchObject({ n: 2 })
  })

  it('is applied once, though it lands while it is repeated', async () => {
    const { hook, client, stored } = await setUp()
    let late: (() => Promise<unknown>) | undefined
    await client.request(async (session) => {
      session.update('n', (n) => n + 1)
      hook.around = async (name, run) => {
        if (name !== 'update') return run()
        if (late) {
          hook.around = undefined
          await late()
          return run()
        }
        late = run
        throw new Error('connection reset')
      }
      await expect(session.save()).rejects.toMatchObject(failure)
      await session.save()
    })
    expect(await stored()).toMatchObject({ n: 2 })
  })

  it('is applied once, though it was a login that could not be taken back', async () => {
    const { hook, client, stored } = await setUp({ subject: 'user' })
    await client.request(async (session) => {
      session.set('user', 'ann')
      session.update('n', (n) => n + 1)
      let out = false
      hook.around = async (name, run) => {
        if (out) throw new Error('down')
        if (name !== 'update') return run()
        out = true
        await run()
        throw new Error('connection reset')
      }
      await expect(session.save()).rejects.toMatchObject(failure)
      hook.around = undefined
    })
    expect(await stored()).toMatchObject({ n: 2, user: 'ann' })
  })

  it('tells the client of what it has stored', async () => {
    const { client, failUpdate } = await setUp()
    const { setCookies } = await client.request(async (session) => {
      session.remember(1000)
      failUpdate(true)
      await expect(session.save()).rejects.toMatchObject(failure)
    })
    expect(setCookies).toEqual([expect.stringContaining('Max-Age=1000')])
  })
})

describe('a flash beside a write of which nobody knows whether it was stored (law 3)', () => {
  it.each([false, true])('goes back with a 5xx; another request has written since: %s', async (both) => {
    const { client, failUpdate, other, stored } = await setUp()
    await client.request(
      async (session) => {
        expect(await session.flash.take('notice')).toBe('x')
        session.set('a', 1)
        failUpdate(false)
        await expect(session.save()).rejects.toMatchObject(failure)
        if (both) await other((theirs) => theirs.set('n', 7))
      },
      { status: 500 },
    )
    expect(await stored()).toEqual({ n: both ? 7 : 1, notice: 'x', errors: ['x'] })
  })

  it('goes back when it was the commit that failed', async () => {
    const { client, failUpdate, other, stored } = await setUp()
    const request = client.request(async (session) => {
      await session.flash.take('notice')
      session.set('a', 1)
      failUpdate(false, () => other((theirs) => theirs.set('n', 7)))
    })
    await expect(request).rejects.toMatchObject(failure)
    expect(await stored()).toEqual({ n: 7, notice: 'x', errors: ['x'] })
  })

  it('that was kept is not doubled', async () => {
    const { client, failUpdate, stored } = await setUp()
    const request = client.request(async (session) => {
      await session.flash.take('errors')
      session.flash.keep('errors')
      failUpdate(true)
    })
    await expect(request).rejects.toMatchObject(failure)
    expect(await stored()).toMatchObject({ errors: ['x'] })
  })

  it('that it queued is taken once', async () => {
    const { client, failUpdate, stored } = await setUp()
    await client.request(async (session) => {
      session.flash.set('notice', 'y')
      failUpdate(true)
      await expect(session.save()).rejects.toMatchObject(failure)
      expect(await session.flash.take('notice')).toBe('y')
    })
    expect(await stored()).not.toMatchObject({ notice: 'y' })
  })
})
