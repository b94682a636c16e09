import { group, whole } from '../../core/options/rule.js'
import { ttl } from '../option-names.js'

/** Options of `memoryStore`. */
export interface MemoryStoreOptions {
  /**
   * How many records are kept. One more evicts the record that was used least recently, alive or not.
   * @default 100_000
   */
  readonly maxEntries?: number
}

export const memoryRule = group<MemoryStoreOptions>(
  { maxEntries: whole('records', 1, Number.MAX_SAFE_INTEGER) },
  { ttl, max: 'ours is `maxEntries`' },
)
