import { StoreError } from '../../core/errors.js'
import type { RecordChange, StoredRecord } from '../port.js'
import { hashed } from '../sql/hashed.js'

/** Of a revision and of a subject, in bytes: up to here a column takes an index in every configuration. */
export const longestText = 255

/**
 * The arguments of a write.
 * @throws StoreError for what the columns do not take: a server that is not strict would cut it off without a word.
 */
export function fitting(record: StoredRecord | RecordChange) {
  const args = hashed.contents(record)
  for (const name of ['version', 'subject'] as const) {
    const length = args[name]?.length ?? 0
    if (length > longestText) {
      throw new StoreError(`mysqlStore: a ${name} of ${length} bytes was refused. Use at most ${longestText}.`)
    }
  }
  return args
}
