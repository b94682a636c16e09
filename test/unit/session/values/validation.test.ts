import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { createTestClient } from '../../../../src/testing/test-client.js'
import { setUp } from '../session-kit.js'

describe('validation on write', () => {
  it('names the key, what was expected and the shape of what came, never the value', async () => {
    const { client } = setUp()
    await client.request((s) => {
      // @ts-expect-error a string is no number
      const act = () => s.set('userId', 'secret-value')
      expect(act).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALIDATION',
          issues: [{ path: 'userId', expected: 'number', received: 'string of 12 characters' }],
        }),
      )
      expect(act).not.toThrow(/secret-value/)
      expect(() => s.set('cart', [{ sku: 'A', qty: 1.5 }])).toThrow(/cart\[0\]\.qty/)
      expect(s.has('userId')).toBe(false)
    })
  })

  it('runs cross-field refinements at commit', async () => {
    const ranged = z
      .object({ from: z.number().optional(), to: z.number().optional() })
      .refine((v) => v.from === undefined || v.to === undefined || v.from <= v.to, { path: ['to'] })
    const client = createTestClient(defineSession(ranged, { cookie: { secure: false } }))
    await client.request((s) => s.set('from', 5))
    await expect(client.request((s) => s.set('to', 1))).rejects.toMatchObject({
      code: 'ERR_SESSION_VALIDATION',
      issues: [{ path: 'to' }],
    })
    await client.request((s) => expect(s.has('to')).toBe(false))
  })
})
