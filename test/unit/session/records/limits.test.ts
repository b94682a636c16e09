import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { memoryStore } from '../../../../src/stores/memory.js'
import { fakeClock } from '../../../../src/testing/fake-clock.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const clock = fakeClock()
const cookie = { secure: false }

describe('limits and refusals on write (J8)', () => {
  it('J11 a record over maxRecordBytes names the largest keys and stores nothing', async () => {
    const store = memoryStore()
    const client = createTestClient(
      defineSession(z.object({ big: z.string().optional(), small: z.string().optional() }), {
        store,
        clock,
        cookie,
        maxRecordBytes: 1000,
      }),
    )
    const act = client.request((s) => {
      s.set('big', 'x'.repeat(2000))
      s.set('small', 'x')
    })
    await expect(act).rejects.toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
      message: expect.stringMatching(/Largest keys: big \(20\d\d\), small/),
    })
    expect(store.size).toBe(0)
  })

  it('an unsupported value is refused with its path', async () => {
    const client = createTestClient(defineSession(z.object({ a: z.any() }), { clock, cookie }))
    class Money {}
    await expect(client.request((s) => s.set('a', { list: [new Money()] }))).rejects.toMatchObject({
      code: 'ERR_SESSION_CODEC',
      path: 'a.list[0]',
    })
  })

  it('what CBOR carries comes back value for value', async () => {
    const value = {
      big: 2n ** 80n,
      map: new Map([['k', new Set([1])]]),
      date: new Date(7),
      undef: undefined,
      bytes: new Uint8Array([1, 2]),
      url: new URL('https://a.example/x?y'),
      re: /a+/gi,
      nan: NaN,
      zero: -0,
    }
    const client = createTestClient(defineSession(z.object({ a: z.any() }), { clock, cookie }))
    await client.request((s) => s.set('a', value))
    await client.request((s) => {
      const read = s.get('a') as typeof value
      expect(read).toEqual(value)
      expect(Object.is(read.zero, -0)).toBe(true)
      expect(read.url.href).toBe(value.url.href)
      expect(read.undef).toBeUndefined()
    })
  })
})
