import { isForward } from '../codec/forward.js'
import type { KeyedRecord } from '../stores/port.js'
import type { Engine } from './engine.js'
import { destroyThrough } from './forwards.js'
import { type SessionInfo, toInfo } from './info.js'

/** How many records are ended at the same time. */
const PARALLEL = 16

/** Every live session of one definition, in no order. One that is created meanwhile may be missed. */
export async function* scanSessions(engine: Engine): AsyncIterable<SessionInfo> {
  for await (const { key, record } of engine.backend().scan(engine.keys.prefix)) {
    const info = engine.keys.isSession(key) ? toInfo(engine, key, record) : undefined
    if (info) yield info
  }
}

/** Ends every session of one definition, whichever server made it (K5). @returns how many were ended */
export async function destroyAll(engine: Engine): Promise<number> {
  let ended = 0
  let batch: KeyedRecord[] = []
  const endBatch = async () => {
    // A session behind a forward is met by itself, or through it if it moved on while the scan did.
    for (const outcome of await Promise.all(batch.map((found) => endOne(engine, found)))) if (outcome) ended++
    batch = []
  }
  for await (const found of engine.backend().scan(engine.keys.prefix)) {
    if (engine.keys.isSession(found.key)) batch.push(found)
    if (batch.length === PARALLEL) await endBatch()
  }
  await endBatch()
  return ended
}

async function endOne(engine: Engine, { key, record }: KeyedRecord): Promise<boolean> {
  // A forward is not the session, so its version must not spare the look that follows it.
  const version = isForward(record.bytes) ? undefined : record.version
  if ((await destroyThrough(engine, key, version)) === 'gone') return false
  engine.emitRef('destroyed', engine.refOf(key))
  return true
}
