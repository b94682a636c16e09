import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineSession, memoryStore } from '../../../../src/index.js'
import { createTestClient, type TestClient } from '../../../../src/testing/test-client.js'
import { countingStore } from '../../../support/counting-store.js'
import { sizeOf } from '../../../support/sessions-in.js'

const merged = (merge: 'sum' | 'union' | 'append' | 'last') => ({ zession: { merge } })
const schema = z.object({
  sum: z.number().default(0).meta(merged('sum')),
  big: z.bigint().optional().meta(merged('sum')),
  tags: z.array(z.string()).default([]).meta(merged('union')),
  chosen: z.set(z.string()).optional().meta(merged('union')),
  rows: z
    .array(z.object({ id: z.number() }))
    .default([])
    .meta(merged('union')),
  log: z.array(z.string()).optional().meta(merged('append')),
  last: z.string().optional().meta(merged('last')),
  user: z.string().optional(),
})

type Handle = Parameters<Parameters<TestClient<typeof schema, undefined>['request']>[0]>[0]
type Step = (session: Handle) => void

interface Race {
  readonly start?: Step
  readonly mine: Step
  readonly theirs: Step
}
interface Case extends Race {
  readonly name: string
  readonly data: Partial<z.output<typeof schema>>
}

/** Mine is committed after theirs, both made on the same start. */
async function race({ start = () => {}, mine, theirs }: Race) {
  const conflicts: number[] = []
  const hooks = { conflict: ({ attempt }: { attempt: number }) => void conflicts.push(attempt) }
  const client = createTestClient(defineSession(schema, { store: memoryStore(), hooks }))
  await client.request((session) => {
    session.set('user', 'ann')
    start(session)
  })
  const { cookie } = client
  await client.request(
    async (session) => {
      mine(session)
      await client.request(theirs, { cookie })
    },
    { cookie },
  )
  return { data: (await client.request((session) => session.data)).value, conflicts }
}

const sumOf =
  (...values: number[]): Step =>
  (session) => {
    for (const value of values) session.set('sum', value)
  }
const bigOf =
  (value: bigint): Step =>
  (session) =>
    session.set('big', value)
const tagsOf =
  (...tags: string[]): Step =>
  (session) =>
    session.set('tags', tags)
const chosenOf =
  (...items: string[]): Step =>
  (session) =>
    session.set('chosen', new Set(items))
const logOf =
  (...log: string[]): Step =>
  (session) =>
    session.set('log', log)

describe('merging on a conflict (J3)', () => {
  const cases: readonly Case[] = [
    { name: 'sum: each adds its own', start: sumOf(5), mine: sumOf(7), theirs: sumOf(15), data: { sum: 17 } },
    { name: 'sum: an absent one counts as its default', mine: sumOf(1), theirs: sumOf(1), data: { sum: 2 } },
    {
      name: 'sum: only the last of several sets',
      start: sumOf(5),
      mine: sumOf(6, 8),
      theirs: sumOf(15),
      data: { sum: 18 },
    },
    {
      name: 'sum: bigints',
      start: bigOf(5n),
      mine: bigOf(6n),
      theirs: bigOf(4n),
      data: { big: 5n },
    },
    {
      name: 'union: what either removed is gone, what either added is there',
      start: tagsOf('a', 'b'),
      mine: tagsOf('a', 'c'),
      theirs: tagsOf('a', 'b', 'd'),
      data: { tags: ['a', 'd', 'c'] },
    },
    {
      name: 'union: of Sets',
      start: chosenOf('a'),
      mine: chosenOf('a', 'b'),
      theirs: chosenOf('a', 'c'),
      data: { chosen: new Set(['a', 'c', 'b']) },
    },
    {
      name: 'union: objects are the same by value',
      start: (session) => session.set('rows', [{ id: 1 }]),
      mine: (session) => session.set('rows', [{ id: 1 }, { id: 2 }]),
      theirs: (session) => session.set('rows', [{ id: 1 }, { id: 3 }]),
      data: { rows: [{ id: 1 }, { id: 3 }, { id: 2 }] },
    },
    {
      name: 'append',
      start: logOf('0'),
      mine: logOf('0', 'm'),
      theirs: logOf('0', 't'),
      data: { log: ['0', 't', 'm'] },
    },
    {
      name: 'last',
      start: (session) => session.set('last', '0'),
      mine: (session) => session.set('last', 'mine'),
      theirs: (session) => session.set('last', 'theirs'),
      data: { last: 'mine' },
    },
    {
      name: 'update of a sum is run again, not merged',
      start: sumOf(5),
      mine: (session) => session.update('sum', (sum) => sum + 1),
      theirs: (session) => session.update('sum', (sum) => sum + 1),
      data: { sum: 7 },
    },
    {
      name: 'mutate of a log is run again, not merged',
      start: logOf('0'),
      mine: (session) => session.mutate('log', (log) => void log.push('m')),
      theirs: (session) => session.mutate('log', (log) => void log.push('t')),
      data: { log: ['0', 't', 'm'] },
    },
  ]
  it.each(cases.map((each) => [each.name, each] as const))('%s', async (_name, { data, ...steps }) => {
    expect(await race(steps)).toMatchObject({ data, conflicts: [1] })
  })

  it('a set to what is there already is no change, and so no conflict', async () => {
    const { data, conflicts } = await race({ start: sumOf(5), mine: sumOf(5), theirs: sumOf(9) })
    expect([data.sum, conflicts]).toEqual([9, []])
  })

  it.each(['delete', 'clear'] as const)('to what they %s, mine brings back no more than I added', async (how) => {
    const outcome = async (key: 'sum' | 'big' | 'tags' | 'chosen' | 'log', start: Step, mine: Step) => {
      const theirs: Step = (session) => (how === 'clear' ? session.clear() : session.delete(key))
      return (await race({ start, mine, theirs })).data[key]
    }
    expect(await outcome('sum', sumOf(5), sumOf(7))).toBe(2)
    expect(await outcome('big', bigOf(5n), bigOf(6n))).toBe(1n)
    expect(await outcome('tags', tagsOf('a'), tagsOf('a', 'b'))).toEqual(['b'])
    expect(await outcome('chosen', chosenOf('a'), chosenOf('a', 'b'))).toEqual(new Set(['b']))
    expect(await outcome('log', logOf('0'), logOf('0', 'm'))).toEqual(['m'])
  })

  it.each(['delete', 'clear'] as const)('my %s stands against what they added', async (how) => {
    const mine: Step = (session) => (how === 'clear' ? session.clear() : session.delete('sum'))
    expect(await race({ start: sumOf(5), mine, theirs: sumOf(7) })).toMatchObject({ data: { sum: 0 } })
  })

  it('what was saved or moved to a new id is not merged a second time', async () => {
    const client = createTestClient(defineSession(schema, { store: memoryStore() }))
    await client.request(sumOf(1))
    const { cookie } = client
    const theirs = (sum: number) => client.request(sumOf(sum), { cookie })
    await client.request(async (session) => {
      session.set('sum', 2)
      await theirs(11)
      await session.save()
      expect(session.get('sum')).toBe(12)
      session.set('sum', 13)
      await theirs(20)
    })
    expect((await client.request((session) => session.get('sum'))).value).toBe(21)
    await client.request(async (session) => {
      session.set('sum', 22)
      await theirs(31)
      await session.regenerate()
      expect(session.get('sum')).toBe(32)
    })
    expect((await client.request((session) => session.get('sum'))).value).toBe(32)
  })
})

describe('hooks', () => {
  it('storeError hears of the read after a conflict', async () => {
    const errors: unknown[] = []
    let down = false
    const { store } = countingStore(memoryStore(), (call) =>
      down && call === 'read' ? Promise.reject(new Error('down')) : undefined,
    )
    const hooks = { storeError: ({ error }: { error: unknown }) => void errors.push(error) }
    const client = createTestClient(defineSession(schema, { store, hooks }))
    await client.request(sumOf(1))
    const { cookie } = client
    const failed = client.request(async (session) => {
      session.set('user', 'ann')
      await client.request(sumOf(2), { cookie })
      down = true
    })
    await expect(failed).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_STORE' })])
  })

  it('an async hook that rejects fails no request and does not end the process', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      let called = 0
      const hooks = {
        async created() {
          called++
          throw new Error('the log server is down')
        },
      }
      await createTestClient(defineSession(schema, { store: memoryStore(), hooks })).request(sumOf(1))
      // Node reports it after the microtasks of this turn.
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect([called, unhandled]).toEqual([1, []])
    } finally {
      process.off('unhandledRejection', listener)
    }
  })

  it('created is not told of a login that a limit refused', async () => {
    const created: unknown[] = []
    const definition = defineSession(schema, {
      store: memoryStore(),
      subject: 'user',
      maxPerSubject: 1,
      onLimit: 'refuse',
      hooks: { created: () => void created.push(1) },
    })
    const login = () => createTestClient(definition).request((session) => session.set('user', 'ann'))
    await login()
    await expect(login()).rejects.toMatchObject({ code: 'ERR_SESSION_LIMIT' })
    expect(created).toHaveLength(1)
  })
})

describe('a handle whose session was ended elsewhere (law 2)', () => {
  async function ended() {
    const gone: unknown[] = []
    const store = memoryStore()
    const definition = defineSession(schema, {
      store,
      hooks: { gone: () => void gone.push(1) },
    })
    const client = createTestClient(definition)
    await client.request((session) => session.set('user', 'ann'))
    const end = () => definition.destroyById(client.cookie.slice('session='.length))
    return { client, end, gone, store }
  }

  it('tells the gone hook once, and drops what came before and after', async () => {
    const { client, end, gone, store } = await ended()
    const { setCookies } = await client.request(async (session) => {
      session.set('sum', 1)
      await end()
      await expect(session.regenerate()).rejects.toMatchObject({ code: 'ERR_SESSION_GONE' })
      session.set('sum', 2)
    })
    expect([gone.length, await sizeOf(store), setCookies]).toEqual([1, 0, []])
  })

  it('says so to whoever saves, again and again, and stores nothing of it', async () => {
    const { client, end, gone, store } = await ended()
    await client.request(async (session, reopen) => {
      await end()
      const refused = { code: 'ERR_SESSION_GONE', status: 409 }
      await expect(session.regenerate()).rejects.toMatchObject(refused)
      session.set('sum', 2)
      await expect(session.save()).rejects.toMatchObject(refused)
      await expect(session.save()).rejects.toMatchObject(refused)
      ;(await reopen()).set('sum', 3)
    })
    expect([gone.length, await sizeOf(store)]).toEqual([1, 1])
    const { value } = await client.request((session) => session.data)
    expect(value).toMatchObject({ sum: 3 })
    expect(value.user).toBeUndefined()
  })
})
