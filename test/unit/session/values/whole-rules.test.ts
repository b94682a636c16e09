import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

describe('a rule across the keys of a session', () => {
  it('sees the function default that is stored, which is made once', async () => {
    let made = 0
    const seen: unknown[] = []
    const schema = z
      .object({ token: z.string().default(() => `t${++made}`), name: z.string().optional() })
      .refine(({ token }) => {
        seen.push(token)
        return true
      })
    const client = createTestClient(defineSession(schema, { store: memoryStore(), cookie: { secure: false } }))
    await client.request((session) => session.set('name', 'ann'))
    const { value } = await client.request((session) => session.get('token'))
    expect(new Set(seen)).toEqual(new Set([value]))
  })

  it('encode() gives the bytes with the function default that would be stored', async () => {
    const schema = z.object({ token: z.string().default(() => crypto.randomUUID()), name: z.string().optional() })
    const client = createTestClient(defineSession(schema, { store: memoryStore(), cookie: { secure: false } }))
    await client.request((session) => {
      session.set('name', 'ann')
      const text = Buffer.from(session.encode()).toString('latin1')
      expect(text).not.toContain(session.get('token'))
      expect(Buffer.from(session.encode()).toString('latin1')).toContain(session.get('token'))
    })
  })

  it('cannot be asynchronous, and says so', async () => {
    const schema = z.object({ name: z.string().optional() }).refine(async () => true)
    const client = createTestClient(defineSession(schema, { store: memoryStore(), cookie: { secure: false } }))
    const request = client.request((session) => session.set('name', 'ann'))
    await expect(request).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
  })
})
