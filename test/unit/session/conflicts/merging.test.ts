import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient } from '../../../../src/testing/test-client.js'

const schema = z.object({
  points: z
    .number()
    .max(100)
    .meta({ zession: { merge: 'sum' } })
    .default(0),
  tags: z
    .array(z.string())
    .default([])
    .meta({ zession: { merge: 'union' } }),
  log: z
    .array(z.string())
    .meta({ zession: { merge: 'append' } })
    .optional(),
  name: z.string().optional(),
})

async function twoAtOnce(
  first: (session: Parameters<Parameters<typeof request>[0]>[0]) => void,
  second: (session: Parameters<Parameters<typeof request>[0]>[0]) => void,
) {
  const client = createTestClient(defineSession(schema, { store: memoryStore() }))
  await client.request((session) => {
    session.set('points', 10)
    session.set('tags', ['a', 'b'])
    session.set('log', ['start'])
  })
  const { cookie } = client
  await client.request(
    async (session) => {
      first(session)
      await client.request(second, { cookie })
    },
    { cookie },
  )
  return (await client.request((session) => session.data)).value
}
const request = createTestClient(defineSession(schema)).request

describe('merging what two requests set (the schema’s metadata)', () => {
  it('sum adds up, union and append keep both, everything else takes the later commit', async () => {
    const data = await twoAtOnce(
      (session) => {
        session.set('points', session.get('points') + 5)
        session.set('tags', ['b', 'c'])
        session.set('log', [...(session.get('log') ?? []), 'one'])
        session.set('name', 'one')
      },
      (session) => {
        session.set('points', session.get('points') + 7)
        session.set('tags', ['a', 'b', 'd'])
        session.set('log', [...(session.get('log') ?? []), 'two'])
        session.set('name', 'two')
      },
    )
    expect(data).toEqual({ points: 22, tags: ['b', 'd', 'c'], log: ['start', 'two', 'one'], name: 'one' })
  })

  it('several sets in one request count once each', async () => {
    const data = await twoAtOnce(
      (session) => {
        session.set('points', 11)
        session.set('points', 13)
      },
      (session) => session.set('points', 20),
    )
    expect(data.points).toBe(23)
  })

  it('a sum that the schema refuses is an error, and nothing is stored', async () => {
    await expect(
      twoAtOnce(
        (session) => session.set('points', 90),
        (session) => session.set('points', 80),
      ),
    ).rejects.toMatchObject({ code: 'ERR_SESSION_VALIDATION' })
  })

  it('works with zod/mini, and a rule that does not exist is refused at definition', () => {
    const points = mini.number().register(z.globalRegistry, { zession: { merge: 'sum' } } as never)
    defineSession(mini.object({ points }))
    expect(() => defineSession(z.object({ a: z.number().meta({ zession: { merge: 'sums' } }) }))).toThrow('append')
  })
})
