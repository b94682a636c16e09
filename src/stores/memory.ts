import { checkOptions } from '../core/options/check.js'
import { createPace } from '../core/pace.js'
import { type MemoryStoreOptions, memoryRule } from './memory/options.js'
import { Recency, type Used } from './memory/recency.js'
import type { FullStore, RecordChange, StoredRecord, StoreKey } from './port.js'

export type { MemoryStoreOptions } from './memory/options.js'

/** What {@link memoryStore} returns: a store with every power, and a look at its size. */
export interface MemoryStore extends FullStore {
  /** How many records are held now, expired ones included. */
  readonly size: number
}

/**
 * Keeps records in this process: fast, bounded, gone with the process. For development, tests, and servers that run as
 * one process and may forget.
 *
 * Every call is O(1), except `collectGarbage` (see there) and `scan`, which copies the list of keys once.
 *
 * @throws SessionConfigError `ERR_SESSION_CONFIG` when `maxEntries` is not a whole number above 0.
 * @example
 * const store = memoryStore({ maxEntries: 10_000 })
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  checkOptions('memoryStore()', memoryRule, options)
  const { maxEntries = 100_000 } = options
  const records = new Map<StoreKey, { record: StoredRecord; readonly use: Used<StoreKey> }>()
  const recency = new Recency<StoreKey>()
  const deadlines = deadlineIndex()
  const subjects = new Map<string, Set<StoreKey>>()

  function index(key: StoreKey, subject: string | undefined) {
    if (subject === undefined) return
    const keys = subjects.get(subject)
    if (keys) keys.add(key)
    else subjects.set(subject, new Set([key]))
  }

  function unindex(key: StoreKey, subject: string | undefined) {
    if (subject === undefined) return
    const keys = subjects.get(subject)
    keys?.delete(key)
    if (keys?.size === 0) subjects.delete(subject)
  }

  function put(key: StoreKey, record: StoredRecord) {
    remove(key)
    records.set(key, { record, use: recency.add(key) })
    deadlines.add(key, record.expiresAt)
    index(key, record.subject)
  }

  function replace(key: StoreKey, held: { record: StoredRecord; readonly use: Used<StoreKey> }, record: StoredRecord) {
    if (record.expiresAt !== held.record.expiresAt) {
      deadlines.delete(key, held.record.expiresAt)
      deadlines.add(key, record.expiresAt)
    }
    if (record.subject !== held.record.subject) {
      unindex(key, held.record.subject)
      index(key, record.subject)
    }
    held.record = record
    recency.use(held.use)
  }

  function remove(key: StoreKey) {
    const held = records.get(key)
    if (!held) return
    deadlines.delete(key, held.record.expiresAt)
    unindex(key, held.record.subject)
    recency.remove(held.use)
    records.delete(key)
  }

  return {
    guarantees: { atomicUpdate: true, durable: false, shared: false, revocable: true },
    get size() {
      return records.size
    },

    async read(key) {
      const held = records.get(key)
      if (!held) return undefined
      recency.use(held.use)
      return copyOf(held.record)
    },

    async create(key, record) {
      if (records.has(key)) return 'exists'
      if (records.size >= maxEntries && recency.oldest !== undefined) remove(recency.oldest)
      put(key, copyOf(record))
      return 'ok'
    },

    async update(key, change, expected) {
      const held = records.get(key)
      if (!held) return 'gone'
      if (held.record.revision !== expected) return 'conflict'
      replace(key, held, copyOf(change, held.record.expiresAt))
      return 'ok'
    },

    async touch(key, expiresAt, seen) {
      const held = records.get(key)
      if (!held) return 'gone'
      if (held.record.revision !== seen) return 'stale'
      replace(key, held, { ...held.record, expiresAt })
      return 'ok'
    },

    async destroy(key, expected) {
      const held = records.get(key)
      if (!held) return 'gone'
      if (expected !== undefined && held.record.revision !== expected) return 'conflict'
      remove(key)
      return 'ok'
    },

    async move(from, to, record, expected) {
      const held = records.get(from)
      if (!held) return 'gone'
      if (held.record.revision !== expected || records.has(to)) return 'conflict'
      remove(from)
      put(to, copyOf(record))
      return 'ok'
    },

    /**
     * O(deleted + slots of ten seconds in use + records whose deadline lies in the current ten seconds): a million
     * live records are never walked.
     */
    async collectGarbage(now, limit) {
      const pace = createPace()
      let deleted = 0
      // Other requests may change the index during a pause, so the search starts again after each part.
      for (let found = true; found && deleted < limit; await pace()) {
        found = false
        for (const key of deadlines.expired(now)) {
          remove(key)
          found = true
          if (++deleted >= limit || deleted % collectAtOnce === 0) break
        }
      }
      return deleted
    },

    async *scan(prefix) {
      // A Map shows a live iterator what is added meanwhile: the keys are copied first, or a busy store never ends.
      const pace = createPace()
      for (const key of Array.from(records.keys())) {
        const pause = pace()
        if (pause) await pause
        const held = key.startsWith(prefix) ? records.get(key) : undefined
        if (held) yield { key, record: copyOf(held.record) }
      }
    },

    async *bySubject(subject) {
      const pace = createPace()
      for (const key of Array.from(subjects.get(subject) ?? [])) {
        const pause = pace()
        if (pause) await pause
        const held = records.get(key)
        if (held?.record.subject === subject) yield { key, record: copyOf(held.record) }
      }
    },
  }
}

function copyOf(record: RecordChange, kept?: number): StoredRecord {
  const { bytes, revision, subject } = record
  const expiresAt = record.expiresAt === 'keep' ? (kept ?? 0) : record.expiresAt
  // Not bytes.slice(): on a Buffer that is a view of the same memory.
  const copy = { bytes: new Uint8Array(bytes), revision, expiresAt }
  return subject === undefined ? copy : { ...copy, subject }
}

/** How many records are deleted before the loop may pause: less than a millisecond. */
const collectAtOnce = 500

const slotMs = 10_000

/** Keys by deadline, in slots of ten seconds: as exact as a heap, without one stale entry for each touch. */
function deadlineIndex() {
  const slots = new Map<number, Map<StoreKey, number>>()
  return {
    add(key: StoreKey, expiresAt: number) {
      const slot = Math.floor(expiresAt / slotMs)
      const keys = slots.get(slot)
      if (keys) keys.set(key, expiresAt)
      else slots.set(slot, new Map([[key, expiresAt]]))
    },
    delete(key: StoreKey, expiresAt: number) {
      const slot = Math.floor(expiresAt / slotMs)
      const keys = slots.get(slot)
      keys?.delete(key)
      if (keys?.size === 0) slots.delete(slot)
    },
    *expired(now: number) {
      for (const [slot, keys] of slots) {
        if (slot * slotMs > now) continue
        for (const [key, expiresAt] of keys) if (expiresAt <= now) yield key
      }
    },
  }
}
