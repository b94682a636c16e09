import { hashedKey, hashedPrefix, type SessionId } from '../../core/id.js'
import type { StoreKey } from '../../stores/port.js'

/** Under which store keys the sessions of one definition live. */
export interface StoreKeys {
  /** Where the session of this id is stored. */
  of(id: SessionId): StoreKey
  /** What the key of every session starts with. The keys of locks, notes and the like do not. */
  readonly prefix: string
  isSession(key: StoreKey): boolean
}

export function createStoreKeys(name: string): StoreKeys {
  const prefix = hashedPrefix(name)
  return {
    of: (id) => hashedKey(name, id) as StoreKey,
    prefix,
    isSession: (key) => key.startsWith(prefix),
  }
}
