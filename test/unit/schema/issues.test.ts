import { expect, it } from 'vitest'
import * as z from 'zod'
import { createSchemaModel } from '../../../src/schema/definition.js'

it('names the entries of a Map by position: its keys are data', () => {
  const schema = z.object({ seen: z.map(z.string().max(8), z.object({ n: z.number() })) })
  const key = createSchemaModel(schema, 's').keys.get('seen')
  const entries = [
    ['ann', { n: 1 }],
    ['bob', { n: 'secret' }],
    ['ann@example.org', { n: 3 }],
  ] as const
  expect(() => key?.fromApp(new Map<string, unknown>(entries))).toThrow(
    expect.objectContaining({
      message: expect.not.stringMatching(/ann|bob|secret/),
      issues: [
        { path: 'seen<entry 1>.n', expected: 'number', received: 'string of 6 characters' },
        { path: 'seen<entry 2>', expected: expect.stringContaining('string'), received: 'object' },
      ],
    }),
  )
})
