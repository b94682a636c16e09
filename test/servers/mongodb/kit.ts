import type { Revision, StoredRecord, StoreKey } from '../../../src/stores/port.js'

export const key = (text: string) => text as StoreKey
export const revision = (text: string) => text as Revision
export const record = (text: string, more: Partial<StoredRecord> = {}): StoredRecord => ({
  bytes: new TextEncoder().encode(text),
  revision: revision(`revision-${text}`),
  expiresAt: 9e12,
  ...more,
})
