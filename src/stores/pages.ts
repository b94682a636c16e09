import { turn } from '../core/timers.js'
import type { KeyedRecord } from './port.js'

const pageSize = 100

/**
 * All records of a query that gives its rows in one order, a page at a time, so that no cursor stays open in the database while
 * the caller works on a record.
 * @param query the rows after `last`, or from the first, at most `limit`. It may give the row `last` once more.
 * @param read the record of a row; undefined for a row that is passed over
 */
export async function* pages<Row>(
  query: (last: Row | undefined, limit: number) => Promise<readonly Row[]>,
  read: (row: Row) => KeyedRecord | undefined,
): AsyncIterable<KeyedRecord> {
  let last: Row | undefined
  let lastKey: string | undefined
  for (;;) {
    const rows = await query(last, pageSize)
    for (const row of rows) {
      const found = read(row)
      if (found && found.key !== lastKey) yield found
      last = row
      lastKey = found?.key
    }
    if (rows.length < pageSize) return
    // For stores that answer at once: nobody else would get a turn between their pages.
    await turn()
  }
}
