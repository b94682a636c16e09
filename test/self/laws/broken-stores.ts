import type { MemoryStore } from '../../../src/stores/memory.js'
import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'
import type { LawName } from '../../../src/testing/store-laws.js'

/** A description, the laws that it breaks, and the change to a memory store. */
export type Broken = readonly [string, readonly LawName[], Break]

/** The methods of a memory store that are replaced; the others work on the same records. */
export type Break = (store: MemoryStore) => Partial<MemoryStore>

const tick = () => new Promise((resolve) => setImmediate(resolve))
const minute = (at: number) => Math.floor(at / 60_000) * 60_000 - 1

/** A store whose records lie under other names. */
function named(s: MemoryStore, name: (key: string) => string): Partial<MemoryStore> {
  const at = (key: StoreKey) => name(key) as StoreKey
  return {
    read: (key) => s.read(at(key)),
    create: (key, record) => s.create(at(key), record),
    update: (key, ...args) => s.update(at(key), ...args),
    touch: (key, ...args) => s.touch(at(key), ...args),
    destroy: (key, ...args) => s.destroy(at(key), ...args),
  }
}

/** What is wrong with how a store keeps records, the laws that say so, and how it comes about. */
export const breaks: readonly Broken[] = [
  [
    'create overwrites',
    ['create answers exists and leaves what is there'],
    (s) => ({
      create: async (key, record) => {
        await s.destroy(key)
        return s.create(key, record)
      },
    }),
  ],
  [
    'an aborted create rejects when it is done',
    ['an aborted call is carried out whole or not at all'],
    (s) => ({
      create: async (key, record, options) => {
        const answer = await s.create(key, record)
        options?.signal?.throwIfAborted()
        return answer
      },
    }),
  ],
  [
    'an aborted update is half done',
    ['an aborted call is carried out whole or not at all'],
    (s) => ({
      update: async (key, change, expected, options) => {
        await tick()
        if (options?.signal?.aborted) return s.update(key, { ...change, bytes: new Uint8Array() }, expected)
        return s.update(key, change, expected)
      },
    }),
  ],
  [
    'update inserts',
    [
      'update never inserts: gone, and still nothing there',
      'what a server whose clock is ahead destroyed or collected, one whose clock is behind does not bring back',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      update: async (key, change, expected) => {
        const answer = await s.update(key, change, expected)
        if (answer === 'gone') await s.create(key, { ...change, expiresAt: 9e12 })
        return answer
      },
    }),
  ],
  [
    'update answers gone as conflict',
    ['update never inserts: gone, and still nothing there'],
    (s) => ({
      update: async (...args) => {
        const answer = await s.update(...args)
        return answer === 'gone' ? 'conflict' : answer
      },
    }),
  ],
  [
    'update ignores the revision',
    [
      'update with another revision answers conflict and changes nothing',
      'a hundred parallel increments by compare-and-set add up to a hundred',
      'of parallel requests whose answers are lost every acknowledged change counts, and none counts twice',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      update: async (key, change) => {
        const old = await s.read(key)
        if (!old) return 'gone'
        const expiresAt = change.expiresAt === 'keep' ? old.expiresAt : change.expiresAt
        await Promise.all([s.destroy(key), s.create(key, { ...change, expiresAt })])
        return 'ok'
      },
    }),
  ],
  [
    'update with keep takes a deadline of its own',
    ["update with 'keep' keeps the stored deadline"],
    (s) => ({
      update: (key, change, expected) =>
        s.update(key, { ...change, expiresAt: change.expiresAt === 'keep' ? 9e12 : change.expiresAt }, expected),
    }),
  ],
  [
    'update forgets to change the subject',
    ['update replaces bytes, revision, deadline and subject'],
    (s) => ({
      update: async (key, change, expected) => {
        const subject = (await s.read(key))?.subject
        return s.update(key, subject === undefined ? change : { ...change, subject }, expected)
      },
    }),
  ],
  [
    'update reads, and then writes',
    [
      'of parallel updates with one expected revision exactly one is ok',
      'a hundred parallel increments by compare-and-set add up to a hundred',
    ],
    (s) => ({
      update: async (key, change, expected) => {
        const old = await s.read(key)
        if (!old) return 'gone'
        if (old.revision !== expected) return 'conflict'
        await tick()
        return s.update(key, change, ((await s.read(key)) ?? old).revision)
      },
    }),
  ],
  [
    'create looks, and then writes',
    ['of parallel creates exactly one is ok, and its record stays'],
    (s) => ({
      create: async (key, record) => {
        if (await s.read(key)) return 'exists'
        await tick()
        await s.destroy(key)
        return s.create(key, record)
      },
    }),
  ],
  [
    'touch changes the revision',
    ['touch moves the deadline, either way, and nothing else'],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const old = await s.read(key)
        if (!old) return 'gone'
        const revision = `${old.revision}+` as typeof old.revision
        return (await s.update(key, { ...old, expiresAt, revision }, seen)) === 'ok' ? 'ok' : 'stale'
      },
    }),
  ],
  [
    'touch inserts',
    [
      'touch never inserts: gone, and still nothing there',
      'what a server whose clock is ahead destroyed or collected, one whose clock is behind does not bring back',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const answer = await s.touch(key, expiresAt, seen)
        if (answer === 'gone') await s.create(key, { bytes: new Uint8Array(), revision: seen, expiresAt })
        return answer
      },
    }),
  ],
  [
    'touch writes back what it read',
    ['no update or touch in flight brings a destroyed record back'],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const old = await s.read(key)
        if (!old) return 'gone'
        if (old.revision !== seen) return 'stale'
        await tick()
        await s.destroy(key)
        await s.create(key, { ...old, expiresAt })
        return 'ok'
      },
    }),
  ],
  [
    'touch of a record that moved on moves its deadline',
    ['touch of a record that moved on answers stale and changes nothing'],
    (s) => ({
      touch: async (key, expiresAt, seen) => {
        const answer = await s.touch(key, expiresAt, seen)
        if (answer === 'stale') await s.touch(key, expiresAt, (await s.read(key))?.revision ?? seen)
        return answer
      },
    }),
  ],
  [
    'destroy ignores the revision',
    ['destroy with a revision removes that revision alone'],
    (s) => ({ destroy: (key) => s.destroy(key) }),
  ],
  [
    'destroy hides a record instead of removing it',
    ['a destroyed key can be created anew, and the old revision stays dead'],
    (s) => {
      const hidden = new Set<StoreKey>()
      return {
        read: async (key) => (hidden.has(key) ? undefined : s.read(key)),
        destroy: async (key, expected) => {
          const old = hidden.has(key) ? undefined : await s.read(key)
          if (!old) return 'gone'
          if (expected !== undefined && old.revision !== expected) return 'conflict'
          hidden.add(key)
          return 'ok'
        },
        update: async (key, ...args) => (hidden.has(key) ? 'gone' : s.update(key, ...args)),
      }
    },
  ],
  ['keys ignore case', ['hostile keys are kept apart'], (s) => named(s, (key) => key.toLowerCase())],
  [
    'revisions ignore case',
    ['revisions are compared byte for byte'],
    (s) => ({
      update: async (key, change, expected) => {
        const old = await s.read(key)
        const same = old?.revision.toLowerCase() === expected.toLowerCase()
        return s.update(key, change, old && same ? old.revision : expected)
      },
    }),
  ],
  [
    'reads find an empty record where none is',
    ['nothing is stored under a key that nobody wrote'],
    (s) => ({
      read: async (key) => (await s.read(key)) ?? { bytes: new Uint8Array(), revision: '' as Revision, expiresAt: 0 },
    }),
  ],
  [
    'one place serves all keys',
    ['create stores the record, and nothing under another key', 'hostile keys are kept apart'],
    (s) => named(s, () => 'one'),
  ],
  [
    'keys end at 1 kB',
    ['keys of 10 kB that differ in the last character are kept apart'],
    (s) => named(s, (key) => key.slice(0, 1024)),
  ],
  [
    'keys end at a NUL',
    ['a NUL in a key is a character like any other', 'scan tells keys with a NUL apart'],
    (s) => named(s, (key) => key.split('\0')[0] ?? ''),
  ],
  [
    'the same update twice is ok twice',
    ['the same update sent twice answers conflict the second time'],
    (s) => ({
      update: async (key, change, expected) =>
        (await s.read(key))?.revision === change.revision ? 'ok' : s.update(key, change, expected),
    }),
  ],
  [
    'update makes a revision of its own',
    [
      'update replaces bytes, revision, deadline and subject',
      'a change whose answer is lost counts once, and one that never arrived not at all',
    ],
    (s) => ({
      update: (key, change, expected) =>
        s.update(key, { ...change, revision: `${change.revision}!` as Revision }, expected),
    }),
  ],
  [
    'destroy empties the store',
    ['destroy removes the record, and nothing under another key'],
    (s) => ({
      destroy: async (key, expected) => {
        const answer = await s.destroy(key, expected)
        if (answer === 'ok') for await (const found of s.scan('')) await s.destroy(found.key)
        return answer
      },
    }),
  ],
  [
    'destroy of nothing answers ok',
    ['destroy of nothing answers gone, with and without a revision'],
    (s) => ({
      destroy: async (...args) => {
        const answer = await s.destroy(...args)
        return answer === 'gone' ? 'ok' : answer
      },
    }),
  ],
  [
    'records without a subject have an undefined one',
    ['a subject is stored and returned, and absent when none was given'],
    (s) => ({
      read: async (key) => {
        const record = await s.read(key)
        return record && ({ ...record, subject: record.subject } as StoredRecord)
      },
    }),
  ],
  [
    'records are text',
    ['bytes that are no UTF-8 and bytes that look like text come back as they are'],
    (s) => ({
      create: (key, record) =>
        s.create(key, { ...record, bytes: new TextEncoder().encode(new TextDecoder().decode(record.bytes)) }),
    }),
  ],
  [
    'records end at 64 KiB',
    ['records of 0 bytes to 1 MiB come back byte for byte'],
    (s) => ({ create: (key, record) => s.create(key, { ...record, bytes: record.bytes.subarray(0, 65_535) }) }),
  ],
  [
    'the whole buffer behind a window is stored',
    ['a Buffer or a window on a larger buffer is stored as what it shows'],
    (s) => ({ create: (key, record) => s.create(key, { ...record, bytes: new Uint8Array(record.bytes.buffer) }) }),
  ],
  [
    'bytes are copied when their turn comes',
    ['changing the array that was handed in changes nothing stored'],
    (s) => ({
      create: async (key, record) => {
        await tick()
        return s.create(key, record)
      },
    }),
  ],
  [
    'readers share one array',
    ['changing the array that was handed out changes nothing stored'],
    (s) => {
      const shared = new Map<string, Uint8Array>()
      return {
        read: async (key) => {
          const record = await s.read(key)
          if (!record) return undefined
          const bytes = shared.get(record.revision) ?? record.bytes
          shared.set(record.revision, bytes)
          return { ...record, bytes }
        },
      }
    },
  ],
  [
    'deadlines are whole minutes',
    [
      'create stores the record, and nothing under another key',
      "a session ends at its deadline by the reader's own clock, and reading it then changes nothing",
      'whatever two servers with different clocks do with a session, its stored deadline tells what each finds',
    ],
    (s) => ({ create: (key, record) => s.create(key, { ...record, expiresAt: minute(record.expiresAt) }) }),
  ],
  [
    'touch moves the deadline too far',
    [
      'touch moves the deadline, either way, and nothing else',
      'a touch by a server whose clock is behind moves no deadline back, and none passes the absolute one',
      'whatever two servers with different clocks do with a session, its stored deadline tells what each finds',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({ touch: (key, expiresAt, seen) => s.touch(key, expiresAt + 3_600_000, seen) }),
  ],
  [
    'touch never moves a deadline back',
    [
      'touch moves the deadline, either way, and nothing else',
      'collectGarbage goes by the deadline of the last touch or update',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      touch: async (key, expiresAt, seen) =>
        s.touch(key, Math.max(expiresAt, (await s.read(key))?.expiresAt ?? 0), seen),
      collectGarbage: (now, limit) => s.collectGarbage(now - 60_000, limit),
    }),
  ],
]
