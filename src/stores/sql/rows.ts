import type { KeyedRecord, StoredRecord, StoreKey } from '../port.js'

/** A row of the table as Drizzle hands it out. */
export interface Row {
  readonly bytes: Uint8Array
  readonly version: string
  readonly expiresAt: number
  readonly subject: string | null
}

/** A row of a page, with where the next page begins. */
export type PageRow = Row & { readonly key: string; readonly cursor: Uint8Array | string }

export function recordOf({ bytes, version, expiresAt, subject }: Row): StoredRecord {
  const record = { bytes, revision: version as StoredRecord['revision'], expiresAt }
  return subject === null ? record : { ...record, subject }
}

export function keyedOf(row: PageRow): KeyedRecord {
  return { key: row.key as StoreKey, record: recordOf(row) }
}
