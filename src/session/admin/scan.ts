import { isRedirect } from '../../codec/redirect.js'
import { forEach } from '../../core/each.js'
import { UnreadableRecordError } from '../../core/errors.js'
import type { KeyedRecord } from '../../stores/port.js'
import { endSession } from '../coordination/moves.js'
import type { SessionRecords } from '../record/records.js'
import { type SessionInfo, toInfo } from './session-info.js'

/** Every live session of one definition, in no order. One that is created meanwhile may be missed. */
export async function* scanSessions(records: SessionRecords): AsyncIterable<SessionInfo> {
  for await (const { key, record } of records.store().scan(records.keys.prefix)) {
    const info = toInfo(records, key, record)
    if (info) yield info
  }
}

/** Ends every session of one definition, whichever server made it. @returns how many were ended */
export async function destroyAll(records: SessionRecords): Promise<number> {
  let ended = 0
  // A session with redirects is found under its own key, or through one of them if it got a new id during the scan.
  await forEach(records.store().scan(records.keys.prefix), async (found) => {
    if (await endOne(records, found)) ended++
  })
  return ended
}

async function endOne(records: SessionRecords, { key, record }: KeyedRecord): Promise<boolean> {
  // The revision of a redirect says nothing of the session behind it.
  const revision = isRedirect(record.bytes) ? undefined : record.revision
  try {
    if ((await endSession(records, key, revision)) === 'gone') return false
  } catch (error) {
    // Redirects in a circle: they are removed, and the hook was called. The other sessions still have to end.
    if (error instanceof UnreadableRecordError) return false
    throw error
  }
  records.emitRef('destroyed', records.refOf(key))
  return true
}
