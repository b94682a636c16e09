import type { Clock } from '../../core/clock.js'
import { hashedKey, hashedPrefix, plainKey, type SessionId } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'

/** Whether store keys hold a hash of the id or the id itself. */
export interface HashIds {
  /** Until then sessions that an earlier deploy stored under their plain id are found too. */
  readonly acceptPlain: Date
}

/** Under which store keys the sessions of one definition live. */
export interface KeyPolicy {
  /** Where a new session of this id is stored. */
  of(id: SessionId): StoreKey
  /** Where a session of this id may be stored, likeliest first. */
  places(id: SessionId): readonly StoreKey[]
  /** The key that a session has once it is stored anew: what it is called by in logs, wherever it is now. */
  lasting(key: StoreKey): StoreKey
  /** What every key starts with. */
  readonly prefix: string
  /** Whether a key is a session's: locks, notes and the like lie under others. */
  isSession(key: StoreKey): boolean
}

/** @param hashIds false stores plain ids, which is for reading what another deploy wrote, not for keeping */
export function createKeyPolicy(name: string, hashIds: boolean | HashIds, clock: Clock): KeyPolicy {
  const hashed = (id: SessionId) => hashedKey(name, id) as StoreKey
  const plain = (id: SessionId) => plainKey(name, id) as StoreKey
  if (hashIds === true) {
    return {
      of: hashed,
      places: (id) => [hashed(id)],
      lasting: (key) => key,
      prefix: hashedPrefix(name),
      isSession: (key) => key.startsWith(hashedPrefix(name)),
    }
  }
  const prefix = `${name}:`
  // Ids hold no dot, every other kind of key does: a leaked hash is never taken for an id, nor an id for a hash.
  const isPlain = (key: StoreKey) => !key.includes('.', prefix.length)
  const isSession = (key: StoreKey) => key.startsWith(hashedPrefix(name)) || isPlain(key)
  if (hashIds === false) {
    // While servers are replaced, those that hash already have stored some under a hash.
    return { of: plain, places: (id) => [plain(id), hashed(id)], lasting: (key) => key, prefix, isSession }
  }
  const until = hashIds.acceptPlain.getTime()
  return {
    of: hashed,
    places: (id) => (clock() < until ? [hashed(id), plain(id)] : [hashed(id)]),
    lasting: (key) => (isPlain(key) ? hashed(key.slice(prefix.length) as SessionId) : key),
    prefix,
    isSession,
  }
}
