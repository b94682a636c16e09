import type { SessionStore } from '../../stores/port.js'

/** What a framework knows better than the defaults of a definition. */
export interface StoreAssumptions {
  /** The store of a definition that names none. Called once, on first use. */
  readonly store?: () => SessionStore
  /** What is put around the store, whoever chose it. */
  readonly around?: (store: SessionStore) => SessionStore
}
