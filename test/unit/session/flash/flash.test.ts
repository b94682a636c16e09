import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({ n: z.number().default(0) })
const flash = z.object({ notice: z.string(), errors: z.array(z.string()) })

function setUp(options: object = {}) {
  const clock = fakeClock()
  const definition = defineSession(schema, { flash, clock, cookie: { secure: false }, ...options })
  return { clock, definition, client: createTestClient(definition) }
}

describe('flash (M044-M053)', () => {
  it('waits until it is taken, then is gone', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('notice', 'saved'))
    await client.request((s) => expect(s.flash.peek('notice')).toBe('saved'))
    await client.request(async (s) => {
      expect(s.flash.has('notice')).toBe(true)
      expect(await s.flash.take('notice')).toBe('saved')
      expect(await s.flash.take('notice')).toBeUndefined()
      expect(s.flash.has('notice')).toBe(false)
    })
    await client.request((s) => expect(s.flash.has('notice')).toBe(false))
  })

  it('set and take in one request needs no store', async () => {
    const { client } = setUp()
    const { setCookies } = await client.request(async (s) => {
      s.flash.set('notice', 'x')
      expect(await s.flash.take('notice')).toBe('x')
    })
    expect(setCookies).toEqual([])
  })

  it('M051 add appends in order, over requests', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.add('errors', 'a'))
    await client.request((s) => {
      s.flash.add('errors', 'b')
      s.flash.add('errors', 'c')
    })
    await client.request(async (s) => {
      s.flash.add('errors', 'd')
      expect(await s.flash.take('errors')).toEqual(['a', 'b', 'c', 'd'])
    })
    await client.request((s) => expect(s.flash.has('errors')).toBe(false))
  })

  it('a taken value is put back when the response ends in a 5xx', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.flash.set('notice', 'n')
      s.flash.add('errors', 'a')
    })
    await client.request(
      async (s) => {
        expect(await s.flash.takeAll()).toEqual({ notice: 'n', errors: ['a'] })
        s.flash.add('errors', 'dropped')
      },
      { status: 500 },
    )
    await client.request(async (s) => expect(await s.flash.takeAll()).toEqual({ notice: 'n', errors: ['a'] }))
  })

  it('keep queues a taken value once more', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('notice', 'n'))
    await client.request(async (s) => {
      await s.flash.take('notice')
      s.flash.keep('notice')
    })
    await client.request(async (s) => expect(await s.flash.take('notice')).toBe('n'))
  })

  it('now lives for this request only', async () => {
    const { client } = setUp()
    await client.request(async (s) => {
      s.flash.now('notice', 'here')
      expect(s.flash.peek('notice')).toBe('here')
    })
    await client.request((s) => expect(s.flash.has('notice')).toBe(false))
  })

  it('M052 clear removes one channel or all', async () => {
    const { client } = setUp()
    await client.request((s) => {
      s.flash.set('notice', 'n')
      s.flash.add('errors', 'e')
    })
    await client.request((s) => s.flash.clear('notice'))
    await client.request((s) => {
      expect(s.flash.has('notice')).toBe(false)
      s.flash.clear()
    })
    await client.request((s) => expect(s.flash.has('errors')).toBe(false))
  })

  it('flashMaxAge drops what waited too long', async () => {
    const { client, clock } = setUp({ flashMaxAge: 60 })
    await client.request((s) => s.flash.set('notice', 'n'))
    clock.advance(60)
    await client.request((s) => expect(s.flash.has('notice')).toBe(false))
  })

  it('survives regenerate, and a take beside an update runs the update once', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('notice', 'n'))
    let runs = 0
    await client.request(async (s) => {
      await s.regenerate()
      s.update('n', (n) => (runs++, n + 1))
      expect(await s.flash.take('notice')).toBe('n')
    })
    expect(runs).toBe(1)
    await client.request((s) => expect(s.get('n')).toBe(1))
  })

  it('J9 of 100 parallel takes one delivers', async () => {
    const { client } = setUp()
    await client.request((s) => s.flash.set('notice', 'once'))
    const taken = await Promise.all(Array.from({ length: 100 }, () => client.request((s) => s.flash.take('notice'))))
    expect(taken.filter(({ value }) => value === 'once')).toHaveLength(1)
  })

  it('a wrong value or channel is refused', async () => {
    const { client } = setUp()
    await client.request((s) => {
      // @ts-expect-error a number is no string
      expect(() => s.flash.set('notice', 1)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_VALIDATION' }))
      // @ts-expect-error no such channel
      expect(() => s.flash.peek('nope')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNKNOWN_KEY' }))
    })
  })
})
