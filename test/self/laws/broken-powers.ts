import type { KeyedRecord, StoreKey } from '../../../src/stores/port.js'
import { type Broken, tick } from './broken.js'

async function* filtered(records: AsyncIterable<KeyedRecord>, keep: (found: KeyedRecord) => boolean) {
  for await (const found of records) if (keep(found)) yield found
}

/** The same for the optional powers. */
export const brokenPowers: readonly Broken[] = [
  [
    'collects what lives for another second',
    ['collectGarbage deletes exactly what has expired, the very moment included'],
    (s) => ({ collectGarbage: (now, limit) => s.collectGarbage(now + 1000, limit) }),
  ],
  [
    'leaves what expires this very millisecond',
    ['collectGarbage deletes exactly what has expired, the very moment included'],
    (s) => ({ collectGarbage: (now, limit) => s.collectGarbage(now - 1, limit) }),
  ],
  [
    'collects without a limit',
    ['collectGarbage deletes at most limit in one call, and all of them in the end'],
    (s) => ({ collectGarbage: (now) => s.collectGarbage(now, 1000) }),
  ],
  [
    'collectors count what another one deleted',
    ['several collectors at once delete each expired record once in total, each within its limit'],
    (s) => ({
      collectGarbage: async (now, limit) => {
        const found: StoreKey[] = []
        for await (const { key, record } of s.scan(''))
          if (record.expiresAt <= now && found.length < limit) found.push(key)
        await tick()
        for (const key of found) await s.destroy(key)
        return found.length
      },
    }),
  ],
  [
    'collects by what it saw before a touch',
    ['collectGarbage beside touches deletes nothing that a touch has just saved'],
    (s) => ({
      collectGarbage: async (now, limit) => {
        const found: StoreKey[] = []
        for await (const { key, record } of s.scan(''))
          if (record.expiresAt <= now && found.length < limit) found.push(key)
        await tick()
        let deleted = 0
        for (const key of found) if ((await s.destroy(key)) === 'ok') deleted++
        return deleted
      },
    }),
  ],
  [
    'move keeps the old key',
    [
      'move gives the record its new key and contents, and the old key is gone at once',
      'a change whose answer is lost counts once, and one that never arrived not at all',
      'of parallel requests whose answers are lost every acknowledged change counts, and none counts twice',
      'any sequence of calls gets the answers of a plain Map',
    ],
    (s) => ({
      move: async (from, to, record, expected) => {
        const old = await s.read(from)
        const answer = await s.move(from, to, record, expected)
        if (old && answer === 'ok') await s.create(from, old)
        return answer
      },
    }),
  ],
  [
    'move ignores the revision',
    ['move with another revision, or onto a taken key, answers conflict and changes nothing'],
    (s) => ({
      move: async (from, to, record, expected) => s.move(from, to, record, (await s.read(from))?.revision ?? expected),
    }),
  ],
  [
    'move inserts',
    ['move of nothing answers gone and creates nothing'],
    (s) => ({
      move: async (from, to, record, expected) => {
        const answer = await s.move(from, to, record, expected)
        if (answer === 'gone') await s.create(to, record)
        return answer
      },
    }),
  ],
  [
    'scan takes its prefix for a pattern',
    ['scan meets every record of its prefix once, and none of another'],
    (s) => ({
      scan: (prefix) => {
        const pattern = new RegExp(`^${prefix.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}`)
        return filtered(s.scan(''), ({ key }) => pattern.test(key))
      },
    }),
  ],
  [
    'scan meets records twice',
    ['scan meets every record of its prefix once, and none of another'],
    (s) => ({
      async *scan(prefix) {
        for await (const found of s.scan(prefix)) {
          yield found
          if (found.key.endsWith('9')) yield found
        }
      },
    }),
  ],
  [
    'its calls over many records let nothing else run',
    [
      'collectGarbage of many records lets a timer fire meanwhile',
      'scan of many records lets a timer fire meanwhile',
      'bySubject of many records lets a timer fire meanwhile',
    ],
    (s) => {
      const block = () => {
        const began = process.cpuUsage()
        let used = 0
        while (used < 80_000) {
          const { user, system } = process.cpuUsage(began)
          used = user + system
        }
      }
      return {
        collectGarbage: async (now, limit) => {
          block()
          return s.collectGarbage(now, limit)
        },
        async *scan(prefix) {
          block()
          yield* s.scan(prefix)
        },
        async *bySubject(subject) {
          block()
          yield* s.bySubject(subject)
        },
      }
    },
  ],
  [
    'bySubject is stale',
    ['bySubject follows update, move and destroy'],
    (s) => {
      const first = new Map<StoreKey, string | undefined>()
      return {
        create: (key, record) => {
          first.set(key, record.subject)
          return s.create(key, record)
        },
        bySubject: (subject) => filtered(s.scan(''), ({ key }) => first.get(key) === subject),
      }
    },
  ],
  [
    'move looks, and then writes',
    ['of parallel moves and updates of one record exactly one is ok'],
    (s) => ({
      move: async (from, to, record, expected) => {
        const old = await s.read(from)
        if (!old) return 'gone'
        if (old.revision !== expected || (await s.read(to))) return 'conflict'
        await tick()
        await s.destroy(from)
        await s.create(to, { ...record })
        return 'ok'
      },
    }),
  ],
  [
    'scan turns its pages by number',
    ['scan meets each stable record once while others are read, written and destroyed'],
    (s) => ({
      async *scan(prefix) {
        for (let from = 0; from < 300; from += 100) {
          const all: KeyedRecord[] = []
          for await (const found of s.scan(prefix)) all.push(found)
          yield* all.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(from, from + 100)
        }
      },
    }),
  ],
  [
    'bySubject takes subjects that differ in case for one',
    ['bySubject meets every record of its subject once, and none of another'],
    (s) => ({
      bySubject: (subject) =>
        filtered(s.scan(''), ({ record }) => record.subject?.toLowerCase() === subject.toLowerCase()),
    }),
  ],
  [
    'bySubject learns of records a little later',
    ['what is acknowledged before bySubject is called is met'],
    (s) => {
      const indexed = new Set<StoreKey>()
      return {
        create: (key, record) => {
          setTimeout(() => indexed.add(key), 5)
          return s.create(key, record)
        },
        bySubject: (subject) => filtered(s.bySubject(subject), ({ key }) => indexed.has(key)),
      }
    },
  ],
]
