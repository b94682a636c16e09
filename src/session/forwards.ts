import { decodeForward, type Forward, type ForwardHeader, isForward, readForwardHeader } from '../codec/forward.js'
import { isExpired } from '../core/deadline.js'
import { StoreError, UnreadableRecordError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import type { StoredRecord, StoreKey, Version } from '../stores/port.js'
import { type Engine, reported } from './engine.js'
import type { Place } from './record.js'
import type { SessionState, StoredSession } from './state.js'

const MAX_HOPS = 1000

/**
 * Ends the session under a key, also when it has moved on to another one: otherwise a logout that carries an old id would
 * end nothing but the forward. A server that rotates nothing follows too: others may, or it may have done so before.
 * @param version what the caller believes is there, which spares looking
 */
export async function destroyThrough(engine: Engine, key: StoreKey, version?: Version): Promise<'ok' | 'gone'> {
  const backend = engine.backend()
  let believed = version
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    if (believed !== undefined) {
      const outcome = await backend.destroy(key, believed)
      if (outcome !== 'conflict') return outcome
    }
    const record = await backend.read(key)
    if (!record) return 'gone'
    const next = nextKeyOf(record)
    if (next !== undefined) {
      const outcome = await destroyThrough(engine, next)
      await backend.destroy(key)
      return outcome
    }
    believed = record.version
  }
  throw new StoreError(`A session \`${engine.name}\` changed ${MAX_HOPS} times while it was to be ended.`)
}

/** The key of a session that may have been taken from `key` to another one, with a forward. */
export async function keyBehind(engine: Engine, key: StoreKey): Promise<StoreKey> {
  let current = key
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    const record = await engine.backend().read(current)
    const next = record && nextKeyOf(record)
    if (next === undefined) break
    current = next
  }
  return current
}

/**
 * Where an old id leads; undefined when the grace is over, which is reported, or the record is no use any more.
 * @param underWay whether a request asks that had the session before the rotation: it is no reuse, however slow it is
 */
export async function follow(
  engine: Engine,
  { id }: Place,
  record: StoredRecord,
  underWay: boolean,
): Promise<SessionId | undefined> {
  const now = engine.clock()
  if (isExpired(record.expiresAt, now)) return undefined
  let forward: Forward
  try {
    forward = decodeForward(record.bytes, engine.name, id)
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error
    engine.emit('invalid', id, { keys: [], error })
    return undefined
  }
  if (underWay || now < forward.graceUntil) return forward.nextId as SessionId
  const revoked = engine.rotation?.onReuse === 'revoke'
  if (revoked) await destroyThrough(engine, forward.nextKey as StoreKey)
  engine.emit('reused', id, { revoked })
  return undefined
}

/** `destroyThrough`, with the storeError hook. */
export function destroyReported(engine: Engine, state: SessionState, { key, version }: StoredSession) {
  return reported(engine, state, destroyThrough(engine, key, version))
}

/** Where a forward leads, by key alone; undefined for anything else, a damaged one too. */
function nextKeyOf({ bytes }: StoredRecord): StoreKey | undefined {
  if (!isForward(bytes)) return undefined
  let forward: ForwardHeader
  try {
    forward = readForwardHeader(bytes)
  } catch (error) {
    if (error instanceof UnreadableRecordError) return undefined
    throw error
  }
  return forward.nextKey as StoreKey
}
