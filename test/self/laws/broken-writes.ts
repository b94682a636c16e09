import type { Revision } from '../../../src/stores/port.js'
import { type Broken, tick } from './broken.js'

/** What is wrong with `create` and `update`, the laws that say so, and how it comes about. */
export const brokenWrites: readonly Broken[] = [
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
]
