import type { SessionId } from '../../core/id.js'
import type { Revision, StoredRecord, StoreKey } from '../../stores/port.js'
import type { Epochs } from './payload.js'

/** A session as a client has brought it. */
export interface Opened {
  readonly id: SessionId
  readonly key: StoreKey
  /** The record that was in the cookie; undefined when it lives in the store of `overflow`. */
  readonly record: StoredRecord | undefined
  readonly left: Revision | undefined
  /** As stores know it. */
  readonly subject: string | undefined
  readonly epochs: Epochs
  /** Whether the newest secret has sealed it. */
  readonly isNewest: boolean
}

/** A session that this request holds, and what of it the client does not have yet. */
export interface Held extends Omit<Opened, 'id' | 'isNewest'> {
  readonly isNews: boolean
}
