import { createPace } from '../../core/pace.js'
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
  const record = { bytes, version: version as StoredRecord['version'], expiresAt }
  return subject === null ? record : { ...record, subject }
}

const pageSize = 100

/**
 * All rows of a query that gives them in the order of a cursor, a page at a time, so that no cursor stays open in the
 * database while the caller works on a record.
 * @param query the rows from `from` on, at most `limit`. It may give the row at `from` once more.
 */
export async function* pages(
  first: PageRow['cursor'],
  query: (from: PageRow['cursor'], limit: number) => Promise<readonly PageRow[]>,
): AsyncIterable<KeyedRecord> {
  const pace = createPace()
  let from = first
  let last: string | undefined
  for (;;) {
    const rows = await query(from, pageSize)
    await pace()
    for (const row of rows) {
      if (row.key !== last) yield { key: row.key as StoreKey, record: recordOf(row) }
      from = row.cursor
      last = row.key
    }
    if (rows.length < pageSize) return
  }
}
