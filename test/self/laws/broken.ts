import type { MemoryStore } from '../../../src/stores/memory.js'
import type { LawName } from '../../../src/testing/store-laws.js'

/** A description, the laws that it breaks, and the change to a memory store. */
export type Broken = readonly [string, readonly LawName[], Break]

/** The methods of a memory store that are replaced; the others work on the same records. */
export type Break = (store: MemoryStore) => Partial<MemoryStore>

export const tick = () => new Promise((resolve) => setImmediate(resolve))
