import assert from 'node:assert/strict'
import type { SessionStore, StoreKey } from '../../stores/port.js'
import { assertStored, bytesOf, future, keyOf, type Law, needed, newRevision, recordOf } from './harness.js'

const rounds = 50

/** What must hold when many writers meet. */
export const raceLaws = {
  'of parallel updates with one expected revision exactly one is ok': ({ store }) => oneUpdateWins([store]),
  'of parallel updates on two connections exactly one is ok': async ({ store, second }) =>
    oneUpdateWins([store, await needed(second, 'second')()]),
  'of parallel creates exactly one is ok, and its record stays': ({ store }) => oneCreateWins([store]),
  'of parallel creates on two connections exactly one is ok': async ({ store, second }) =>
    oneCreateWins([store, await needed(second, 'second')()]),
  'a hundred parallel increments by compare-and-set add up to a hundred': ({ store }) => addUp([store]),
  'a hundred parallel increments on two connections add up to a hundred': async ({ store, second }) =>
    addUp([store, await needed(second, 'second')()]),
  'no update or touch in flight brings a destroyed record back': ({ store }) => staysDestroyed([store]),
  'no update or touch on one connection brings back what another destroyed': async ({ store, second }) =>
    staysDestroyed([store, await needed(second, 'second')()]),
  'what one connection acknowledged the other sees at once': async ({ store, second }) => {
    const mine = store
    const yours = await needed(second, 'second')()
    const key = keyOf('race:seen')
    for (let round = 0; round < rounds; round++) {
      const record = recordOf(`${round}`)
      assert.equal(await mine.create(key, record), 'ok')
      await assertStored(yours, key, record)
      await assertStored(mine, key, record)
      const next = recordOf(`${round} changed`)
      assert.equal(await yours.update(key, next, record.revision), 'ok')
      await assertStored(mine, key, next)
      assert.equal(await mine.touch(key, future + 1, next.revision), 'ok')
      await assertStored(yours, key, { ...next, expiresAt: future + 1 })
      assert.equal(await yours.destroy(key, next.revision), 'ok')
      await assertStored(mine, key, undefined)
    }
  },
} satisfies Record<string, Law>

async function oneUpdateWins(stores: readonly SessionStore[]) {
  for (let round = 0; round < rounds; round++) {
    const key = keyOf(`race:update:${round}`)
    const old = recordOf('old')
    await pick(stores, 0).create(key, old)
    const changes = Array.from({ length: 8 }, (_, i) => recordOf(`${i}`))
    const answers = await Promise.all(changes.map((change, i) => pick(stores, i).update(key, change, old.revision)))
    assert.deepEqual(answers.toSorted(), [...Array(7).fill('conflict'), 'ok'], `round ${round}`)
    await assertStored(pick(stores, round), key, changes[answers.indexOf('ok')])
  }
}

async function oneCreateWins(stores: readonly SessionStore[]) {
  for (let round = 0; round < rounds; round++) {
    const key = keyOf(`race:create:${round}`)
    const records = Array.from({ length: 8 }, (_, i) => recordOf(`${i}`))
    const answers = await Promise.all(records.map((record, i) => pick(stores, i).create(key, record)))
    assert.deepEqual(answers.toSorted(), [...Array(7).fill('exists'), 'ok'], `round ${round}`)
    await assertStored(pick(stores, round), key, records[answers.indexOf('ok')])
  }
}

async function addUp(stores: readonly SessionStore[]) {
  const key = keyOf('race:counter')
  await pick(stores, 0).create(key, recordOf('0'))
  await Promise.all(Array.from({ length: 100 }, (_, i) => increment(pick(stores, i), key)))
  assert.equal(new TextDecoder().decode((await pick(stores, 0).read(key))?.bytes), '100')
}

async function increment(store: SessionStore, key: StoreKey) {
  for (;;) {
    const record = await store.read(key)
    assert.ok(record, 'the counter is there')
    const bytes = bytesOf(String(Number(new TextDecoder().decode(record.bytes)) + 1))
    if ((await store.update(key, { bytes, revision: newRevision(), expiresAt: 'keep' }, record.revision)) === 'ok')
      return
  }
}

async function staysDestroyed(stores: readonly SessionStore[]) {
  const [writer, destroyer] = [pick(stores, 0), pick(stores, 1)]
  for (let round = 0; round < rounds; round++) {
    const key = keyOf(`race:destroy:${round}`)
    const { revision } = await seeded(writer, key)
    const touch = () => writer.touch(key, future + 60_000, revision)
    const update = () => writer.update(key, recordOf('late'), revision)
    const keep = () => writer.update(key, { ...recordOf('late'), expiresAt: 'keep' }, revision)
    // Alone, so that each meets the revision it knows, and together; the destroy takes every place in the queue.
    const sets: (() => Promise<string>)[][] = [[touch], [update], [keep], [touch, update, keep]]
    const calls = sets[round % 4] ?? []
    const place = Math.floor(round / 4) % (calls.length + 1)
    calls.splice(place, 0, () => destroyer.destroy(key))
    const answers = await Promise.all(calls.map((call) => call()))
    assert.equal(answers[place], 'ok', 'destroy finds the record')
    await assertStored(writer, key, undefined)
    await assertStored(destroyer, key, undefined)
    assert.equal(await writer.update(key, recordOf('later'), revision), 'gone')
    assert.equal(await writer.touch(key, future, revision), 'gone')
    await assertStored(destroyer, key, undefined)
  }
}

async function seeded(store: SessionStore, key: StoreKey) {
  const record = recordOf('seed')
  assert.equal(await store.create(key, record), 'ok')
  return record
}

function pick(stores: readonly SessionStore[], i: number): SessionStore {
  const store = stores[i % stores.length]
  assert.ok(store)
  return store
}
