import { isForward } from '../codec/forward.js'
import { UnreadableRecordError } from '../core/errors.js'
import type { KeyedRecord } from '../stores/port.js'
import { forEach } from './each.js'
import type { Engine } from './engine.js'
import { type SessionInfo, toInfo } from './info.js'
import { endSession } from './moves.js'

/** Every live session of one definition, in no order. One that is created meanwhile may be missed. */
export async function* scanSessions(engine: Engine): AsyncIterable<SessionInfo> {
  for await (const { key, record } of engine.backend().scan(engine.keys.prefix)) {
    const info = engine.keys.isSession(key) ? toInfo(engine, key, record) : undefined
    if (info) yield info
  }
}

/** Ends every session of one definition, whichever server made it. @returns how many were ended */
export async function destroyAll(engine: Engine): Promise<number> {
  let ended = 0
  // A session behind a forward is met by itself, or through it if it moved on while the scan did.
  await forEach(engine.backend().scan(engine.keys.prefix), async (found) => {
    if (engine.keys.isSession(found.key) && (await endOne(engine, found))) ended++
  })
  return ended
}

async function endOne(engine: Engine, { key, record }: KeyedRecord): Promise<boolean> {
  // A forward is not the session, so its version must not spare the look that follows it.
  const version = isForward(record.bytes) ? undefined : record.version
  try {
    if ((await endSession(engine, key, version)) === 'gone') return false
  } catch (error) {
    // Forwards in a circle: they are removed, and the hook was called. The other sessions still have to end.
    if (error instanceof UnreadableRecordError) return false
    throw error
  }
  engine.emitRef('destroyed', engine.refOf(key))
  return true
}
