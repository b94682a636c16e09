import type { SessionConfigError } from '../../core/errors.js'
import type { StoredRecord, StoreKey } from '../../stores/port.js'
import type { SettledStore } from '../store/settled-store.js'
import type { Revocations } from './revocations.js'

/** What the requests of one definition share whose sessions their clients keep. */
export interface SealedSessions {
  readonly name: string
  now(): number
  isSession(key: StoreKey): boolean
  /** Whether a record is small enough for its cookie. Without `overflow` the format has refused any other. */
  fits(record: Pick<StoredRecord, 'bytes'>): boolean
  readonly overflow: SettledStore | undefined
  readonly revocations: Revocations | undefined
  /** The store that all servers share, if there is one: for what is no session. */
  readonly shared: SettledStore | undefined
  collectGarbage(now: number, limit: number): Promise<number>
  cannot(what: string): SessionConfigError
  close(): Promise<void>
}
