import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import type { SessionStore } from '../../../../src/stores/port.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { storeAround } from '../../../support/store-around.js'

const clock = fakeClock()
const cookie = { secure: false }

describe('a failing store', () => {
  function failing(options: object = {}) {
    const real = memoryStore()
    let mode: 'fine' | 'fail' | 'hang' | 'applied' = 'fine'
    const store = storeAround<SessionStore>(real, async (name, run) => {
      if (mode === 'hang') return new Promise(() => {})
      if (mode === 'fail') throw new Error('connection refused')
      const answer = await run()
      if (mode === 'applied' && name !== 'read') {
        mode = 'fine'
        throw new Error('connection reset')
      }
      return answer
    })
    const errors: unknown[] = []
    const definition = defineSession(z.object({ n: z.number().default(0) }), {
      store,
      clock,
      cookie,
      storeTimeout: 30,
      flash: z.object({ note: z.string() }),
      hooks: { storeError: (event) => void errors.push(event) },
      ...options,
    })
    return { client: createTestClient(definition), errors, real, set: (next: typeof mode) => void (mode = next) }
  }

  it('J6 on read: 503 in bounded time, no cookie, and the same cookie works afterwards', async () => {
    const { client, set, errors } = failing()
    await client.request((s) => s.set('n', 1))
    const { cookie: held } = client
    set('hang')
    await expect(client.request((s) => s.data)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE_TIMEOUT',
      status: 503,
    })
    set('fail')
    await expect(client.request((s) => s.data)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      cause: { message: 'connection refused' },
    })
    expect(client.cookie).toBe(held)
    expect(JSON.stringify(errors)).not.toContain(held.split('=')[1])
    set('fine')
    await client.request((s) => expect(s.get('n')).toBe(1))
  })

  it('anonymous: empty, read-only, no cookie', async () => {
    const { client, set } = failing({ onStoreError: 'anonymous' })
    await client.request((s) => s.set('n', 1))
    set('fail')
    const { setCookies } = await client.request((s) => {
      expect(s.get('n')).toBe(0)
      expect(() => s.set('n', 2)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_STORE' }))
    })
    expect(setCookies).toEqual([])
  })

  it('law 1 a write that was applied but not answered is settled by reading, not done twice', async () => {
    const { client, set } = failing()
    await client.request((s) => s.set('n', 1))
    await client.request((s) => {
      s.update('n', (n) => n + 1)
      set('applied')
    })
    await client.request((s) => expect(s.get('n')).toBe(2))
    await client.request((s) => {
      s.flash.set('note', 'x')
      set('applied')
    })
    await client.request(async (s) => {
      set('applied')
      expect(await s.flash.take('note')).toBe('x')
    })
    const before = client.cookie
    await client.request(async (s) => {
      set('applied')
      await s.regenerate()
    })
    expect(client.cookie).not.toBe(before)
    await client.request((s) => expect(s.get('n')).toBe(2))
    const fresh = Object.assign(client, { cookie: '' })
    await fresh.request((s) => {
      s.set('n', 5)
      set('applied')
    })
    await fresh.request((s) => expect(s.get('n')).toBe(5))
  })

  it('the storeError hook hears of every call that fails, creates and moves and destroys too', async () => {
    const { client, set, errors } = failing()
    await client.request((s) => s.set('n', 1))
    for (const act of ['regenerate', 'destroy', 'save'] as const) {
      set('fine')
      await client.request(async (s) => {
        s.set('n', 2)
        set('fail')
        await expect(s[act]()).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
        // A regenerate also notes where the session is going.
        expect(errors).toHaveLength(act === 'regenerate' ? 2 : 1)
        errors.length = 0
        set('fine')
        s.clear()
        s.set('n', 1)
      })
    }
    const newcomer = Object.assign(client, { cookie: '' })
    set('fail')
    await expect(newcomer.request((s) => s.set('n', 1))).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(errors).toHaveLength(1)
  })

  it('a failed touch fails no request', async () => {
    const { client, set, errors } = failing()
    await client.request((s) => s.set('n', 1))
    const { value } = await client.request((s) => {
      s.touch()
      clock.advance(1)
      set('fail')
      return s.get('n')
    })
    expect(value).toBe(1)
    expect(errors).toHaveLength(1)
  })
})

it('a hook that throws does not break the request', async () => {
  const client = createTestClient(
    defineSession(z.object({ n: z.number().default(0) }), {
      clock,
      cookie,
      hooks: {
        created: () => {
          throw new Error('hook')
        },
      },
    }),
  )
  await client.request((s) => s.set('n', 1))
  await client.request((s) => expect(s.get('n')).toBe(1))
})
