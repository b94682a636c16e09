import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({
  userId: z.number().int().optional(),
  name: z.string().optional(),
  theme: z.enum(['light', 'dark']).default('light'),
})

function setUp() {
  return createTestClient(defineSession(schema))
}

describe('assign sets several keys', () => {
  it('at once, and stores them with the commit', async () => {
    const client = setUp()
    await client.request((s) => s.assign({ userId: 7, theme: 'dark' }))
    const { value } = await client.request((s) => s.data)
    expect(value).toEqual({ userId: 7, theme: 'dark' })
  })

  it('or none of them, with the issues of every key that is refused', async () => {
    const client = setUp()
    const { value } = await client.request((s) => {
      let thrown: unknown
      try {
        s.assign({ name: 'Ann', userId: 'x' as never, theme: 'blue' as never })
      } catch (error) {
        thrown = error
      }
      expect(thrown).toMatchObject({
        code: 'ERR_SESSION_VALIDATION',
        issues: [{ path: 'userId' }, { path: 'theme' }],
      })
      return s.data
    })
    expect(value).toEqual({ theme: 'light' })
  })

  it('and refuses a key that the schema does not have, before it sets any', async () => {
    const client = setUp()
    await client.request((s) => {
      expect(() => s.assign({ name: 'Ann', usrId: 1 } as never)).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_UNKNOWN_KEY' }),
      )
      expect(s.changed).toBe(false)
    })
  })

  it('and, like set, refuses to write where nothing may be written', async () => {
    const client = setUp()
    let session: Parameters<Parameters<typeof client.request>[0]>[0] | undefined
    await client.request((s) => {
      session = s
    })
    expect(() => session?.assign({})).toThrow(expect.objectContaining({ code: 'ERR_SESSION_HEADERS_SENT' }))
  })
})

describe('pull', () => {
  it('returns a value and removes it', async () => {
    const client = setUp()
    await client.request((s) => s.set('name', 'Ann'))
    const { value } = await client.request((s) => s.pull('name'))
    expect(value).toBe('Ann')
    const { value: has } = await client.request((s) => s.has('name'))
    expect(has).toBe(false)
  })

  it('returns the default of an absent key, which stays', async () => {
    const client = setUp()
    await client.request((s) => {
      expect(s.pull('theme')).toBe('light')
      expect(s.get('theme')).toBe('light')
      expect(s.changed).toBe(false)
    })
  })
})

describe('regenerate({ keep }) takes a list of keys', () => {
  it.each(['name', 7, { name: true }, new Set(['name']), null])('and refuses %j', async (keep) => {
    const client = setUp()
    await client.request(async (s) => {
      s.set('name', 'Ann')
      await s.save()
      await expect(s.regenerate({ keep: keep as never })).rejects.toMatchObject({ code: 'ERR_SESSION_CONFIG' })
      expect(s.get('name')).toBe('Ann')
    })
  })
})
