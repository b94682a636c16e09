import { AssertionError } from 'node:assert/strict'
import { describe, expect, it } from 'vitest'
import { type MemoryStore, memoryStore } from '../../../src/stores/memory.js'
import type { StoredRecord, StoreKey } from '../../../src/stores/port.js'
import { type LawExemption, type LawName, type StoreUnderTest, storeLaws } from '../../../src/testing/store-laws.js'
import type { Break } from './broken.js'
import { brokenContents } from './broken-contents.js'
import { brokenEnds } from './broken-ends.js'
import { brokenPowers } from './broken-powers.js'
import { brokenWrites } from './broken-writes.js'

const breaks = [...brokenWrites, ...brokenEnds, ...brokenContents, ...brokenPowers]

/** What a store that lives in one process cannot show. */
const alone: LawExemption = {
  reason: 'one connection in one process',
  laws: [
    'of parallel updates on two connections exactly one is ok',
    'of parallel creates on two connections exactly one is ok',
    'a hundred parallel increments on two connections add up to a hundred',
    'no update or touch on one connection brings back what another destroyed',
    'what one connection acknowledged the other sees at once',
    'collectors on two connections delete each expired record once in total, each within its limit',
    'collectGarbage on one connection deletes nothing that a touch on another has just saved',
    'of parallel moves and updates on two connections exactly one is ok',
    'what is acknowledged before bySubject is called is met, across two connections',
    'a durable record survives closing and reopening',
    'four processes of 250 increments by compare-and-set each add up to a thousand',
    'of a hundred parallel takes in four processes one gets the flash',
  ],
}

interface Test {
  readonly name: string
  readonly run: () => Promise<void>
}

/** The laws as a runner would get them. */
function lawsOf(make: () => StoreUnderTest, exempt: readonly LawExemption[] = [alone]): Test[] {
  const tests: Test[] = []
  storeLaws(
    (name, run) => void tests.push({ name, run }),
    async () => make(),
    { exempt },
  )
  return tests
}

const broken = (change: Break) => () => {
  const store = memoryStore()
  return { store: { ...store, ...change(store) }, dispose: async () => {} }
}

/** Broken by an assertion of the law, that is; a property wraps it. Any other error is a mistake in this test. */
async function outcome({ run }: Test): Promise<string> {
  try {
    await run()
    return 'kept'
  } catch (error) {
    const { cause = error } = error as Error
    return cause instanceof AssertionError ? 'broken' : String(cause)
  }
}

/** Each law that asks for something beside the bare port says so, instead of passing without it. */
const needsMore: LawName[] = [
  ...alone.laws,
  'collectGarbage deletes exactly what has expired, the very moment included',
  'several collectors at once delete each expired record once in total, each within its limit',
  'move of nothing answers gone and creates nothing',
  'scan tells keys with a NUL apart',
  'bySubject follows update, move and destroy',
  'collectGarbage of many records lets a timer fire meanwhile',
  'scan of many records lets a timer fire meanwhile',
  'bySubject of many records lets a timer fire meanwhile',
]

function bare({ collectGarbage: _c, move: _m, scan: _s, bySubject: _b, ...store }: MemoryStore) {
  return store
}

const tick = () => new Promise((resolve) => setImmediate(resolve))

function inTwoSteps(store: MemoryStore): Partial<MemoryStore> {
  return {
    async create(key, record) {
      if (await store.read(key)) return 'exists'
      await tick()
      await Promise.all([store.destroy(key), store.create(key, record)])
      return 'ok'
    },
    async update(key, change, expected) {
      const old = await store.read(key)
      if (!old) return 'gone'
      if (old.revision !== expected) return 'conflict'
      await tick()
      const expiresAt = change.expiresAt === 'keep' ? old.expiresAt : change.expiresAt
      await Promise.all([store.destroy(key), store.create(key, { ...change, expiresAt })])
      return 'ok'
    },
  }
}

function moveInTwoSteps(store: MemoryStore): Partial<MemoryStore> {
  return {
    async move(from, to, record, expected) {
      const old = await store.read(from)
      if (!old) return 'gone'
      if (old.revision !== expected || (await store.read(to))) return 'conflict'
      await tick()
      await store.destroy(from)
      await store.create(to, record)
      return 'ok'
    },
  }
}

function collectInTwoSteps(store: MemoryStore): Partial<MemoryStore> {
  return {
    async collectGarbage(now, limit) {
      const found: StoreKey[] = []
      for await (const { key, record } of store.scan(''))
        if (record.expiresAt <= now && found.length < limit) found.push(key)
      await tick()
      for (const key of found) await store.destroy(key)
      return found.length
    },
  }
}

describe('storeLaws', () => {
  it('finds nothing wrong with the memory store', async () => {
    for (const test of lawsOf(broken(() => ({})))) expect([test.name, await outcome(test)]).toEqual([test.name, 'kept'])
  })

  it.each(breaks)('a store of which is true that %s breaks %j', async (_, laws, change) => {
    const tests = lawsOf(broken(change)).filter(({ name }) => (laws as readonly string[]).includes(name))
    expect(tests).toHaveLength(laws.length)
    for (const test of tests) expect([test.name, await outcome(test)]).toEqual([test.name, 'broken'])
  })

  it.each<[string, LawName[], (store: MemoryStore) => Partial<StoreUnderTest>]>([
    [
      'compares and writes in two steps',
      [
        'of parallel updates on two connections exactly one is ok',
        'of parallel creates on two connections exactly one is ok',
        'a hundred parallel increments on two connections add up to a hundred',
        'no update or touch on one connection brings back what another destroyed',
      ],
      (store) => ({
        store: { ...store, ...inTwoSteps(store) },
        second: async () => ({ ...store, ...inTwoSteps(store) }),
      }),
    ],
    [
      'reads what it once saw',
      ['what one connection acknowledged the other sees at once'],
      (store) => {
        const seen = new Map<StoreKey, StoredRecord | undefined>()
        const read = async (key: StoreKey) => {
          if (!seen.has(key)) seen.set(key, await store.read(key))
          return seen.get(key)
        }
        return { store: { ...store, read }, second: async () => store }
      },
    ],
    [
      'moves in two steps',
      ['of parallel moves and updates on two connections exactly one is ok'],
      (store) => ({ store: { ...store, ...moveInTwoSteps(store) }, second: async () => store }),
    ],
    [
      'collects what another connection has just saved, and counts what it has deleted',
      [
        'collectors on two connections delete each expired record once in total, each within its limit',
        'collectGarbage on one connection deletes nothing that a touch on another has just saved',
      ],
      (store) => ({ store: { ...store, ...collectInTwoSteps(store) }, second: async () => store }),
    ],
    [
      'learns late of what another connection has created',
      ['what is acknowledged before bySubject is called is met, across two connections'],
      (store) => {
        const mine = new Set<StoreKey>()
        const create: MemoryStore['create'] = (key, record) => {
          mine.add(key)
          return store.create(key, record)
        }
        async function* bySubject(subject: string) {
          for await (const found of store.bySubject(subject)) if (mine.has(found.key)) yield found
        }
        return { store: { ...store, create, bySubject }, second: async () => store }
      },
    ],
    [
      'forgets when it is closed',
      ['a durable record survives closing and reopening'],
      (store) => ({
        store: { ...store, guarantees: { ...store.guarantees, durable: true } },
        reopen: async () => memoryStore(),
      }),
    ],
    ['has no second connection and no power', [...needsMore], (store) => ({ store: bare(store) })],
  ])('a store that %s breaks %j', async (_, laws, change) => {
    const make = () => {
      const store = memoryStore()
      return { store, dispose: async () => {}, ...change(store) }
    }
    const tests = lawsOf(make, []).filter(({ name }) => (laws as string[]).includes(name))
    expect(tests).toHaveLength(laws.length)
    for (const test of tests) expect([test.name, await outcome(test)]).toEqual([test.name, 'broken'])
  })

  it('tells the reason of an exemption, and refuses one without a reason, of no law, or twice', () => {
    const exempt = (...list: LawExemption[]) =>
      lawsOf(
        broken(() => ({})),
        list,
      )
    const names = exempt(alone).map(({ name }) => name)
    // The others are races, which a store may pass by chance.
    const [durable = ''] = alone.laws.filter((law) => law.startsWith('a durable record'))
    expect(names.filter((name) => name.startsWith('does not keep: '))).toEqual([
      `does not keep: ${durable} (${alone.reason})`,
    ])
    expect(names.filter((name) => (alone.laws as string[]).includes(name))).toEqual([])
    expect(() => exempt({ reason: ' ', laws: [] })).toThrow('needs a reason')
    expect(() => exempt({ reason: 'r', laws: ['toString' as LawName] })).toThrow('no law named')
    expect(() => exempt(alone, alone)).toThrow('exempted twice')
  })

  it('runs an exempted law, which must fail: one that the store keeps cannot stay exempted', async () => {
    const [name] = lawsOf(broken(() => ({}))).map((test) => test.name as LawName)
    if (name === undefined) throw new Error('There are no laws.')
    const tests = lawsOf(
      broken(() => ({})),
      [alone, { reason: 'r', laws: [name] }],
    ).filter((test) => test.name.startsWith('does not keep: '))
    expect(await Promise.all(tests.map(async (test) => [test.name.includes(name), await outcome(test)]))).toEqual(
      expect.arrayContaining([
        [true, 'broken'],
        [false, 'kept'],
      ]),
    )
  })

  it('disposes of each store, also when a law fails', async () => {
    let made = 0
    let disposed = 0
    const make = () => {
      made++
      return { store: { ...memoryStore(), read: async () => undefined }, dispose: async () => void disposed++ }
    }
    const tests = lawsOf(make).filter(({ name }) => name.startsWith('create ') || name.startsWith('touch '))
    for (const test of tests) await outcome(test)
    expect([made, disposed]).toEqual([tests.length, tests.length])
    expect(made).toBeGreaterThan(3)
  })

  it('has no law that none of these stores breaks', () => {
    const proven = new Set<string>([...breaks.flatMap(([, laws]) => laws)])
    const names = lawsOf(broken(() => ({}))).map(({ name }) => name)
    expect(names.filter((name) => !proven.has(name) && !name.startsWith('does not keep: '))).toEqual([])
  })
})
