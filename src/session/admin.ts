import type { StoreKey } from '../stores/port.js'
import type { Engine } from './engine.js'
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
  let batch: StoreKey[] = []
  const endBatch = async () => {
    const outcomes = await Promise.all(batch.map((key) => engine.backend().destroy(key)))
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome === 'gone') continue
      ended++
      engine.emitRef('destroyed', engine.refOf(batch[i] as StoreKey))
    }
    batch = []
  }
  for await (const { key } of engine.backend().scan(engine.keys.prefix)) {
    if (!engine.keys.isSession(key)) continue
    batch.push(key)
    if (batch.length === PARALLEL) await endBatch()
  }
  await endBatch()
  return ended
}
