import { destroyThrough } from '../coordination/redirects.js'
import type { SessionRecords } from '../record/records.js'

/** Ends a session by its raw id, from anywhere. Text that is no id reaches no store. */
export async function destroyById(records: SessionRecords, id: string): Promise<boolean> {
  if (!records.ids.accepts(id)) return false
  const key = records.keys.of(id)
  if ((await destroyThrough(records, key)) === 'gone') return false
  records.emitRef('destroyed', records.refOf(key))
  return true
}
