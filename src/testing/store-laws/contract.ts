import assert from 'node:assert/strict'
import type { SessionStore, StoredRecord } from '../../stores/port.js'
import { assertStored, future, keyOf, type Law, needed, newRevision, recordOf } from './harness.js'

const key = keyOf('contract:a')
const other = keyOf('contract:b')

/** What each method answers, and what it leaves alone. */
export const contractLaws = {
  'nothing is stored under a key that nobody wrote': async ({ store }) => {
    await assertStored(store, key, undefined)
  },
  'create stores the record, and nothing under another key': async ({ store }) => {
    const record = recordOf('one')
    assert.equal(await store.create(key, record), 'ok')
    await assertStored(store, key, record)
    await assertStored(store, other, undefined)
  },
  'create answers exists and leaves what is there': async ({ store }) => {
    const record = recordOf('one', { subject: 'ann' })
    await store.create(key, record)
    assert.equal(await store.create(key, recordOf('two', { expiresAt: future + 1000 })), 'exists')
    await assertStored(store, key, record)
  },
  'update replaces bytes, revision, deadline and subject': async ({ store }) => {
    const old = recordOf('one', { subject: 'ann' })
    await store.create(key, old)
    const next = recordOf('two', { expiresAt: future + 5000, subject: 'bob' })
    assert.equal(await store.update(key, next, old.revision), 'ok')
    await assertStored(store, key, next)
    const last = recordOf('three', { expiresAt: future - 5000 })
    assert.equal(await store.update(key, last, next.revision), 'ok')
    await assertStored(store, key, last)
  },
  "update with 'keep' keeps the stored deadline": async ({ store }) => {
    const old = recordOf('one', { expiresAt: future + 1234 })
    await store.create(key, old)
    const next = recordOf('two')
    assert.equal(await store.update(key, { ...next, expiresAt: 'keep' }, old.revision), 'ok')
    await assertStored(store, key, { ...next, expiresAt: future + 1234 })
    assert.equal(await store.touch(key, future + 9999, next.revision), 'ok')
    const last = recordOf('three')
    assert.equal(await store.update(key, { ...last, expiresAt: 'keep' }, next.revision), 'ok')
    await assertStored(store, key, { ...last, expiresAt: future + 9999 })
  },
  'update never inserts: gone, and still nothing there': async ({ store }) => {
    assert.equal(await store.update(key, recordOf('one'), newRevision()), 'gone')
    await assertStored(store, key, undefined)
    const record = recordOf('one')
    await store.create(key, record)
    await store.destroy(key)
    assert.equal(await store.update(key, recordOf('two'), record.revision), 'gone')
    await assertStored(store, key, undefined)
  },
  'update with another revision answers conflict and changes nothing': async ({ store }) => {
    const record = recordOf('one', { subject: 'ann' })
    await store.create(key, record)
    assert.equal(await store.update(key, recordOf('two', { expiresAt: future + 1 }), newRevision()), 'conflict')
    await assertStored(store, key, record)
  },
  'the same update sent twice answers conflict the second time': async ({ store }) => {
    const old = recordOf('one')
    await store.create(key, old)
    const next = recordOf('two')
    assert.equal(await store.update(key, next, old.revision), 'ok')
    assert.equal(await store.update(key, next, old.revision), 'conflict')
    await assertStored(store, key, next)
  },
  'touch moves the deadline, either way, and nothing else': async ({ store }) => {
    const record = recordOf('one', { subject: 'ann' })
    await store.create(key, record)
    for (const expiresAt of [future + 60_000, future - 60_000]) {
      assert.equal(await store.touch(key, expiresAt, record.revision), 'ok')
      await assertStored(store, key, { ...record, expiresAt })
    }
  },
  'touch never inserts: gone, and still nothing there': async ({ store }) => {
    assert.equal(await store.touch(key, future, newRevision()), 'gone')
    await assertStored(store, key, undefined)
  },
  'touch of a record that moved on answers stale and changes nothing': async ({ store }) => {
    const old = recordOf('one')
    await store.create(key, old)
    const next = recordOf('two')
    await store.update(key, next, old.revision)
    assert.equal(await store.touch(key, future + 60_000, old.revision), 'stale')
    await assertStored(store, key, next)
  },
  'destroy removes the record, and nothing under another key': async ({ store }) => {
    const kept = recordOf('kept')
    await store.create(key, recordOf('one'))
    await store.create(other, kept)
    assert.equal(await store.destroy(key), 'ok')
    await assertStored(store, key, undefined)
    await assertStored(store, other, kept)
  },
  'destroy with a revision removes that revision alone': async ({ store }) => {
    const record = recordOf('one')
    await store.create(key, record)
    assert.equal(await store.destroy(key, newRevision()), 'conflict')
    await assertStored(store, key, record)
    assert.equal(await store.destroy(key, record.revision), 'ok')
    await assertStored(store, key, undefined)
  },
  'destroy of nothing answers gone, with and without a revision': async ({ store }) => {
    assert.equal(await store.destroy(key), 'gone')
    assert.equal(await store.destroy(key, newRevision()), 'gone')
  },
  'a destroyed key can be created anew, and the old revision stays dead': async ({ store }) => {
    const old = recordOf('one', { subject: 'ann' })
    await store.create(key, old)
    await store.destroy(key)
    const next = recordOf('two')
    assert.equal(await store.create(key, next), 'ok')
    assert.equal(await store.update(key, recordOf('three'), old.revision), 'conflict')
    assert.equal(await store.touch(key, future + 1, old.revision), 'stale')
    assert.equal(await store.destroy(key, old.revision), 'conflict')
    await assertStored(store, key, next)
  },
  'a subject is stored and returned, and absent when none was given': async ({ store }) => {
    const record = recordOf('one', { subject: "O'Brien %_*" })
    await store.create(key, record)
    await assertStored(store, key, record)
    const bare = recordOf('two')
    await store.create(other, bare)
    assert.equal(Object.hasOwn((await store.read(other)) ?? {}, 'subject'), false)
  },
  'an aborted call is carried out whole or not at all': async ({ store }) => {
    const record = recordOf('one', { subject: 'ann' })
    const aborted = { signal: AbortSignal.abort() }
    const refused = () => 'refused' as const
    const created = await store.create(key, record, aborted).catch(refused)
    await assertStored(store, key, created === 'refused' ? undefined : record)
    if (created === 'refused') await store.create(key, record)

    const next = recordOf('two')
    // Aborted on its way, which may be too late.
    const controller = new AbortController()
    const answer = store.update(key, next, record.revision, { signal: controller.signal }).catch(refused)
    controller.abort()
    const stored = (await answer) === 'ok' ? next : await oneOf(store, record, next)
    const moved = { ...stored, expiresAt: future + 1000 }
    const touched = await store.touch(key, moved.expiresAt, stored.revision, aborted).catch(refused)
    await assertStored(store, key, touched === 'refused' ? stored : moved)
    const destroyed = await store.destroy(key, stored.revision, aborted).catch(refused)
    const left = touched === 'refused' ? stored : moved
    await assertStored(store, key, destroyed === 'refused' ? left : undefined)
    const read = await store.read(key, aborted).catch(refused)
    if (read !== 'refused') assert.equal(read?.revision, destroyed === 'refused' ? left.revision : undefined)
  },
  'a durable record survives closing and reopening': async ({ store, reopen }) => {
    const open = needed(store.guarantees.durable && reopen, 'guarantees.durable and reopen')
    const old = recordOf('one', { subject: 'ann' })
    await store.create(key, old)
    const next = recordOf('two')
    await store.update(key, next, old.revision)
    await store.create(other, recordOf('gone'))
    await store.destroy(other)
    const again = await open()
    await assertStored(again, key, next)
    await assertStored(again, other, undefined)
    assert.equal(await again.update(key, recordOf('three'), next.revision), 'ok')
  },
} satisfies Record<string, Law>

/** Which of two records became of an update whose outcome is unknown. */
async function oneOf(store: SessionStore, old: StoredRecord, next: StoredRecord): Promise<StoredRecord> {
  const record = (await store.read(key))?.revision === next.revision ? next : old
  await assertStored(store, key, record)
  return record
}
