import type { Revision, StoredRecord } from '../stores/port.js'

/** Marks a revision as that of a copy which nobody has changed yet: then the record that it was made of still counts. */
const MARK = 'c.'

/** A record on its way into another store. */
export function asCopy(record: StoredRecord): StoredRecord {
  return { ...record, revision: `${MARK}${record.revision}` as Revision }
}

/** The revision that a copy was made of; undefined for a record that has been written in its own store. */
export function copiedFrom({ revision }: StoredRecord): string | undefined {
  return revision.startsWith(MARK) ? revision.slice(MARK.length) : undefined
}
