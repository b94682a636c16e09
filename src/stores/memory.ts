import { SessionConfigError } from '../core/errors.js'
import type { Collectable, Movable, RecordChange, Scannable, SessionStore, StoredRecord, StoreKey } from './port.js'

export interface MemoryStoreOptions {
  /**
   * How many records are kept. One more evicts the record that was used least recently, alive or not.
   * @default 100_000
   */
  readonly maxEntries?: number
}

/** What {@link memoryStore} returns: a store with every power, and a look at its size. */
export interface MemoryStore extends SessionStore, Collectable, Movable, Scannable {
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
export function memoryStore({ maxEntries = 100_000 }: MemoryStoreOptions = {}): MemoryStore {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new SessionConfigError(`memoryStore: maxEntries is ${maxEntries}; give a whole number of at least 1.`)
  }
  // A Map iterates in insertion order, so with "delete, then set" on every use the least recently used comes first.
  const records = new Map<StoreKey, StoredRecord>()
  const deadlines = deadlineIndex()
  let oldest = records.keys()

  function put(key: StoreKey, record: StoredRecord) {
    remove(key)
    records.set(key, record)
    deadlines.add(key, record.expiresAt)
  }

  function remove(key: StoreKey): boolean {
    const old = records.get(key)
    if (!old) return false
    deadlines.delete(key, old.expiresAt)
    return records.delete(key)
  }

  // One iterator lives as long as the Map: a fresh `keys()` would walk over the holes of all earlier evictions, which
  // makes each eviction several times slower. Whatever it yields is evicted at once, so nothing older is behind it.
  function evict() {
    let next = oldest.next()
    if (next.done) {
      oldest = records.keys()
      next = oldest.next()
    }
    if (!next.done) remove(next.value)
  }

  return {
    guarantees: { atomicUpdate: true, durable: false, shared: false, revocable: true },
    get size() {
      return records.size
    },

    async read(key) {
      const record = records.get(key)
      if (!record) return undefined
      records.delete(key)
      records.set(key, record)
      return copyOf(record)
    },

    async create(key, record) {
      if (records.has(key)) return 'exists'
      if (records.size >= maxEntries) evict()
      put(key, copyOf(record))
      return 'ok'
    },

    async update(key, change, expected) {
      const old = records.get(key)
      if (!old) return 'gone'
      if (old.version !== expected) return 'conflict'
      put(key, copyOf(change, old.expiresAt))
      return 'ok'
    },

    async touch(key, expiresAt, seen) {
      const old = records.get(key)
      if (!old) return 'gone'
      if (old.version !== seen) return 'stale'
      put(key, { ...old, expiresAt })
      return 'ok'
    },

    async destroy(key, expected) {
      const old = records.get(key)
      if (!old) return 'gone'
      if (expected !== undefined && old.version !== expected) return 'conflict'
      remove(key)
      return 'ok'
    },

    async move(from, to, record, expected) {
      const old = records.get(from)
      if (!old) return 'gone'
      if (old.version !== expected || records.has(to)) return 'conflict'
      remove(from)
      put(to, copyOf(record))
      return 'ok'
    },

    /**
     * O(deleted + slots of ten seconds in use + records whose deadline lies in the current ten seconds): a million
     * live records are never walked.
     */
    async collectGarbage(now, limit) {
      let deleted = 0
      for (const key of deadlines.expired(now)) {
        if (deleted >= limit) break
        remove(key)
        deleted++
      }
      return deleted
    },

    async *scan(prefix) {
      // The keys are copied first: every read moves its record to the end of the Map, where a live iterator would meet
      // it again.
      for (const key of Array.from(records.keys())) {
        const record = key.startsWith(prefix) ? records.get(key) : undefined
        if (record) yield { key, record: copyOf(record) }
      }
    },
  }
}

function copyOf(record: RecordChange, kept?: number): StoredRecord {
  const { bytes, version, subject } = record
  const expiresAt = record.expiresAt === 'keep' ? (kept ?? 0) : record.expiresAt
  // Not bytes.slice(): on a Buffer that is a view of the same memory.
  const copy = { bytes: new Uint8Array(bytes), version, expiresAt }
  return subject === undefined ? copy : { ...copy, subject }
}

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
