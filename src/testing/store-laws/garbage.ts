import assert from 'node:assert/strict'
import { isCollectable, type SessionStore, type StoreKey } from '../../stores/port.js'
import { assertStored, future, keyOf, type Law, needed, recordOf } from './harness.js'

const key = keyOf('garbage:one')

/** What the power `Collectable` promises. */
export const garbageLaws = {
  'collectGarbage deletes exactly what has expired, the very moment included': async ({ store }) => {
    const collectable = needed(isCollectable(store) && store, 'the power Collectable')
    const records = await spread(store)
    assert.equal(await collectable.collectGarbage(future - 10_000, 1000), 0)
    assert.equal(await collectable.collectGarbage(future, 1000), 20)
    for (const [key, record] of records) await assertStored(store, key, record.expiresAt <= future ? undefined : record)
    assert.equal(await collectable.collectGarbage(future, 1000), 0)
    assert.equal(await collectable.collectGarbage(future + 10_000, 1000), 20)
  },
  'collectGarbage deletes at most limit in one call, and all of them in the end': async ({ store }) => {
    const collectable = needed(isCollectable(store) && store, 'the power Collectable')
    await spread(store)
    const counts: number[] = []
    while (counts.at(-1) !== 0) counts.push(await collectable.collectGarbage(future, 7))
    assert.deepEqual(counts, [7, 7, 6, 0])
  },
  'collectGarbage goes by the deadline of the last touch or update': async ({ store }) => {
    const collectable = needed(isCollectable(store) && store, 'the power Collectable')
    const record = recordOf('one')
    await store.create(key, record)
    await store.touch(key, future + 60_000, record.revision)
    assert.equal(await collectable.collectGarbage(future + 59_999, 10), 0)
    const next = recordOf('two', { expiresAt: future - 60_000 })
    await store.update(key, next, record.revision)
    assert.equal(await collectable.collectGarbage(future - 60_001, 10), 0)
    await assertStored(store, key, next)
    assert.equal(await collectable.collectGarbage(future - 60_000, 10), 1)
    await assertStored(store, key, undefined)
  },
  'several collectors at once delete each expired record once in total, each within its limit': ({ store }) =>
    collectTogether(store, store),
  'collectGarbage beside touches deletes nothing that a touch has just saved': ({ store }) =>
    spareWhatIsSaved(store, store),
} satisfies Record<string, Law>

/** The same, between connections. */
export const garbageRaceLaws = {
  'collectors on two connections delete each expired record once in total, each within its limit': async ({
    store,
    second,
  }) => collectTogether(store, await needed(second, 'second')()),
  'collectGarbage on one connection deletes nothing that a touch on another has just saved': async ({
    store,
    second,
  }) => spareWhatIsSaved(store, await needed(second, 'second')()),
} satisfies Record<string, Law>

/** Forty records, half of them expired at `future`: one to the very millisecond, one a millisecond before it lives on. */
async function spread(store: SessionStore) {
  const records = new Map<StoreKey, ReturnType<typeof recordOf>>()
  for (let i = 0; i < 40; i++) {
    const record = recordOf(`${i}`, { expiresAt: future + (i % 2 ? 1 + i * 7 : -i * 7) })
    records.set(keyOf(`garbage:spread:${i}`), record)
    assert.equal(await store.create(keyOf(`garbage:spread:${i}`), record), 'ok')
  }
  return records
}

async function collectTogether(store: SessionStore, other: SessionStore): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const records = await spread(store)
    const collect = async (from: SessionStore) => {
      const collectable = needed(isCollectable(from) && from, 'the power Collectable')
      let total = 0
      for (;;) {
        const count = await collectable.collectGarbage(future, 7)
        assert.ok(count <= 7, `${count} deleted, 7 allowed`)
        if (count === 0) return total
        total += count
      }
    }
    const totals = await Promise.all([store, other, store, other].map(collect))
    // A collector may stop early because another one holds what is left.
    totals.push(await collect(store))
    assert.equal(
      totals.reduce((sum, total) => sum + total),
      20,
      `${totals.join(' + ')} deleted`,
    )
    for (const [key, record] of records) {
      await assertStored(other, key, record.expiresAt <= future ? undefined : record)
      await store.destroy(key)
    }
  }
}

async function spareWhatIsSaved(store: SessionStore, other: SessionStore): Promise<void> {
  const collectable = needed(isCollectable(store) && store, 'the power Collectable')
  for (let round = 0; round < 20; round++) {
    const key = keyOf(`garbage:saved:${round}`)
    const record = recordOf('one', { expiresAt: future })
    await store.create(key, record)
    const touch = () => other.touch(key, future + 60_000, record.revision)
    const collect = () => collectable.collectGarbage(future, 100)
    const calls = round % 2 ? [touch(), collect()] : [collect(), touch()]
    const answers = (await Promise.all<unknown>(calls)) as (string | number)[]
    const saved = answers.includes('ok')
    // Saved and counted, or lost and not counted, would both be wrong.
    assert.ok(answers.includes(saved ? 0 : 1), `round ${round}: ${answers.join(', ')}`)
    await assertStored(store, key, saved ? { ...record, expiresAt: future + 60_000 } : undefined)
    await store.destroy(key)
  }
}
