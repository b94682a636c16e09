import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineSession } from '../../../../src/define.js'
import type { Session } from '../../../../src/session/handle/session.js'
import { createTestClient, type TestClientOptions } from '../../../../src/testing/test-client.js'

const schema = z.object({
  n: z.number().default(0),
  cart: z.array(z.string()).optional(),
  seen: z.boolean().optional(),
  theme: z.string().optional(),
  chosen: z
    .number()
    .default(0)
    .meta({ zession: { merge: 'last' } }),
  sum: z
    .number()
    .default(0)
    .meta({ zession: { merge: 'sum' } }),
  log: z
    .array(z.string())
    .default([])
    .meta({ zession: { merge: 'append' } }),
})
type Open = Session<typeof schema>
type Handler = (session: Open) => unknown

let warnings: string[]
beforeEach(() => {
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((text: string) => {
    if (text.includes('set(')) warnings.push(text)
  })
})
afterEach(() => void vi.restoreAllMocks())

let names = 0
/** Runs `theirs` as a request of its own between the end of `mine` and its commit. */
async function meeting(mine: Handler, theirs: Handler, options: TestClientOptions & { status?: number } = {}) {
  const { status = 200, ...given } = options
  const definition = defineSession(schema, { name: `overwritten${++names}` })
  const client = createTestClient(definition, given)
  await client.request((session) => session.assign({ n: 1, theme: 'light', log: ['a', 'b'] }))
  const { cookie } = client
  const play = () =>
    client.request(
      async (session) => {
        await mine(session)
        await client.request((other) => void theirs(other), { cookie })
      },
      { cookie, status },
    )
  await play()
  return { definition, play }
}
const add = (session: Open) => session.set('n', session.get('n') + 1)
const other = (session: Open) => session.set('n', 10)

describe('in development, a set over a value that the request had read and another has changed since', () => {
  it('is told, by key and without the value, with what merges instead', async () => {
    const { definition } = await meeting(add, other)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`session \`${definition.name}\``)
    expect(warnings[0]).toContain("update('n', ...)")
    expect(warnings[0]).toContain("merge: 'last'")
    expect(warnings[0]).not.toMatch(/\b(1|2|10)\b/)
  })

  it.each<[string, Handler, Handler]>([
    ['the same number from both', add, add],
    ['read through data', (s) => s.set('n', s.data.n + 1), other],
    ['one of several keys at once', (s) => s.assign({ n: s.get('n') + 1, seen: true }), other],
    ['a key that only has() looked for', (s) => s.has('cart') || s.set('cart', ['x']), (s) => s.set('cart', ['y'])],
    ['a value that the other has removed', (s) => s.set('theme', `${s.get('theme')}er`), (s) => s.delete('theme')],
    ['another text', (s) => s.set('theme', `${s.get('theme')}er`), (s) => s.set('theme', 'dark')],
    [
      'what a rule cannot put together',
      (s) => s.set('log', s.get('log').slice(1)),
      (s) => s.set('log', ['a', 'b', 'c']),
    ],
  ])('also %s', async (_, mine, theirs) => {
    await meeting(mine, theirs)
    expect(warnings).toHaveLength(1)
  })

  it('with save() too, and when a conflict had shown it before', async () => {
    await meeting(() => {}, add)
    const client = createTestClient(defineSession(schema, { name: 'overwritten-save' }))
    await client.request((session) => session.set('n', 1))
    const { cookie } = client
    await client.request(async (session) => {
      add(session)
      await client.request(other, { cookie })
      await session.save()
      expect(warnings).toHaveLength(1)
    })
    await client.request(async (session) => {
      session.set('theme', session.get('theme') ?? 'light')
      await client.request((their) => their.set('theme', 'dark'), { cookie })
      await session.rotate()
    })
    expect(warnings).toHaveLength(2)
  })

  it('once for each key', async () => {
    const { play } = await meeting(add, other)
    await play()
    await play()
    expect(warnings).toHaveLength(1)
  })

  it.each<[string, Handler, Handler]>([
    ['a key that it had not read', (s) => s.set('n', 5), other],
    ['a key that it read after it had set it', (s) => [s.set('n', 5), s.get('n')], other],
    ['a key that nobody else changed', add, (s) => s.set('theme', 'dark')],
    ['a key that update computes', (s) => s.update('n', () => s.get('n') + 1), other],
    ['a flag that both have set', (s) => s.get('seen') || s.set('seen', true), (s) => s.set('seen', true)],
    [
      'a key whose rule is that the last one stands',
      (s) => s.set('chosen', s.get('chosen') + 1),
      (s) => s.set('chosen', 9),
    ],
    ['a key whose rule puts both together', (s) => s.set('sum', s.get('sum') + 1), (s) => s.set('sum', 9)],
    ['what it has stored itself meanwhile', async (s) => [add(s), await s.save(), add(s)], () => {}],
    ['a removal', (s) => s.pull('n'), other],
  ])('nothing is said of %s', async (_, mine, theirs) => {
    await meeting(mine, theirs)
    expect(warnings).toEqual([])
  })

  it('nothing is said in production, nor of a response that stores nothing', async () => {
    await meeting(add, other, { development: false })
    await meeting(add, other, { status: 500 })
    expect(warnings).toEqual([])
  })
})
