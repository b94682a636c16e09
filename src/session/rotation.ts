import { decodeForward, encodeForward, type Forward, isForward, readForwardHeader } from '../codec/forward.js'
import { isExpired } from '../core/deadline.js'
import { StoreError, UnreadableRecordError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import type { StoredRecord, StoreKey, Version } from '../stores/port.js'
import { type Engine, newVersion, placeOf, refFor, reported, toRecord } from './engine.js'
import { enrolMove } from './epoch.js'
import type { Place } from './record.js'
import type { SessionState, StoredSession } from './state.js'

/** When ids change by themselves. Seconds. */
export interface RotationPolicy {
  readonly every: number
  /** How long the old id still leads to the session: requests under way have it, and a response that got lost. */
  readonly grace: number
  readonly onReuse: 'ignore' | 'revoke'
}

export function isRotationDue(engine: Engine, { contents }: StoredSession): boolean {
  return engine.rotation !== undefined && engine.clock() - contents.idSince >= engine.rotation.every * 1000
}

/**
 * Gives a session a new id without a change of privilege (CS-18); data and clocks stay, and for a while the old id leads to
 * it. The new record comes first: if this stops half-way, the session is still under its old id. A failure costs nothing
 * but the rotation, so it never fails a request.
 */
export async function rotateWithGrace(engine: Engine, state: SessionState, { grace }: RotationPolicy): Promise<void> {
  const { id, stored } = state
  if (id === undefined || !stored) return
  const backend = engine.backend()
  const now = engine.clock()
  try {
    const place = placeOf(engine, engine.ids.generate())
    const contents = { ...stored.contents, idSince: now }
    const record = toRecord(engine, place, contents, now)
    const enrolment = record.subject === undefined ? undefined : await enrolMove(engine, record.subject)
    if ((await backend.create(place.key, record)) !== 'ok') return
    const forward = { graceUntil: now + grace * 1000, nextKey: place.key, nextId: place.id }
    const left = {
      bytes: encodeForward(forward, engine.name, id),
      version: newVersion(),
      // An id unused for longer would have expired.
      expiresAt: Math.min(contents.lifetime.absoluteExpiresAt, now + contents.lifetime.idleMs),
    }
    const outcome = await backend.update(stored.key, left, stored.version)
    if (outcome !== 'ok' || (await enrolment?.revoked())) {
      // Somebody changed or ended it meanwhile: what they did counts, and nobody knows the new id.
      await backend.destroy(place.key)
      return
    }
    const previousRef = refFor(engine, state)
    state.id = place.id
    state.stored = { key: place.key, version: record.version, expiresAt: record.expiresAt, contents }
    state.announcement = 'created'
    engine.emit('regenerated', state.id, { previousRef })
  } catch (error) {
    // If the answer of the last write was lost, the old id leads to the new one, or is as it was: both are fine.
    if (!(error instanceof StoreError)) throw error
    engine.emit('storeError', state.id, { error })
  }
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

const MAX_HOPS = 1000

/**
 * Ends the session under a key, also when it has moved on to another one: otherwise a logout that carries an old id would
 * end nothing but the forward.
 * @param version what the caller believes is there, which spares looking
 */
export async function destroyThrough(engine: Engine, key: StoreKey, version?: Version): Promise<'ok' | 'gone'> {
  const backend = engine.backend()
  if (!engine.rotation) return (await backend.destroy(key)) === 'gone' ? 'gone' : 'ok'
  let believed = version
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    if (believed !== undefined) {
      const outcome = await backend.destroy(key, believed)
      if (outcome !== 'conflict') return outcome
    }
    const record = await backend.read(key)
    if (!record) return 'gone'
    if (isForward(record.bytes)) {
      const outcome = await destroyThrough(engine, readForwardHeader(record.bytes).nextKey as StoreKey)
      await backend.destroy(key)
      return outcome
    }
    believed = record.version
  }
  throw new StoreError(`A session \`${engine.name}\` changed ${MAX_HOPS} times while it was to be ended.`)
}

/** `destroyThrough`, with the storeError hook. */
export function destroyReported(engine: Engine, state: SessionState, { key, version }: StoredSession) {
  return reported(engine, state, destroyThrough(engine, key, version))
}
