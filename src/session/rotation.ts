import { encodeForward } from '../codec/forward.js'
import { isExpired } from '../core/deadline.js'
import { SessionConflictError, SessionGoneError, StoreError } from '../core/errors.js'
import type { StoreKey } from '../stores/port.js'
import { assertInTime } from './compare-and-set.js'
import { type Engine, newVersion, placeOf, type RotationPolicy, refFor, toRecord } from './engine.js'
import { keyBehind } from './forwards.js'
import { collectSomeGarbage } from './garbage.js'
import { endLease, isHeld, lockKey, tryLease } from './lease.js'
import { announceRotated, type SessionState, type StoredSession } from './state.js'
import { moving, toStored } from './subjects/joining.js'

/** How many old ids of one session are known at a time, so that their late use is noticed. */
const MAX_FORWARDS = 10

export function isRotationDue(engine: Engine, { contents }: StoredSession): boolean {
  return engine.rotation !== undefined && engine.clock() - contents.idSince >= engine.rotation.every * 1000
}

/**
 * Gives a session a new id without a change of privilege; data and clocks stay, and for a while the old id leads to
 * it. The new record comes first: if this stops half-way, the session is still under its old id. A failure costs nothing
 * but the rotation, so it never fails a request.
 */
export async function rotateWithGrace(engine: Engine, state: SessionState, policy: RotationPolicy): Promise<void> {
  const { stored, lock } = state
  // What has expired while this request ran must not come back under another id.
  if (!stored || isExpired(stored.expiresAt, engine.clock())) return
  try {
    // Whoever holds the lock has that of the old key, and those who come with the new id would not wait for it.
    const held = lock && isHeld(lock) ? lock : undefined
    const lease = held ?? (await tryLease(engine, lockKey(engine, stored.key)))
    if (!lease) return
    try {
      await rotateAlone(engine, state, policy)
    } finally {
      if (!held) await endLease(engine, lease)
    }
  } catch (error) {
    if (error instanceof SessionGoneError) throw error
    // The old id leads to the new one, or is as it was: both are fine.
    if (!(error instanceof SessionConflictError)) engine.emit('storeError', state.id, { error })
  }
}

async function rotateAlone(engine: Engine, state: SessionState, { every, grace }: RotationPolicy): Promise<void> {
  const { id, stored } = state
  if (id === undefined || !stored) return
  const backend = engine.backend()
  const now = engine.clock()
  const place = placeOf(engine, engine.ids.generate())
  const contents = { ...stored.contents, idSince: now }
  const written = { place, contents, record: toRecord(engine, place, contents, now) }
  const forward = { graceUntil: now + grace * 1000, nextKey: place.key, nextId: place.id }
  const left = {
    bytes: encodeForward(forward, engine.name, id),
    version: newVersion(),
    // An id unused for longer would have expired. A session remembered for long has no more forwards than others.
    expiresAt: Math.min(
      contents.lifetime.absoluteExpiresAt,
      now + Math.min(contents.lifetime.idleMs, MAX_FORWARDS * every * 1000),
    ),
  }
  const outcome = await moving(engine, written, 'forwarded', async () => {
    if ((await backend.create(place.key, written.record)) !== 'ok') return 'exists'
    const replaced = await backend.update(stored.key, left, stored.version).catch(async (error: unknown) => {
      if (await leadsTo(engine, state, place.key, isLate(error))) return 'ok' as const
      throw error
    })
    // Somebody changed or ended it meanwhile: what they did counts, and nobody knows the new id.
    if (replaced !== 'ok') await backend.destroy(place.key)
    return replaced
  })
  if (outcome !== 'ok') return
  const previousRef = refFor(engine, state)
  state.id = place.id
  state.stored = toStored(written)
  state.attempts = []
  await assertInTime(engine, state, stored.expiresAt)
  announceRotated(state)
  collectSomeGarbage(engine)
  engine.emit('regenerated', state.id, { previousRef })
}

/**
 * After a forward that failed: whether the old id leads to the new one all the same. If not, no record is left which nobody has
 * the id of. The forward may still be on its way: with another version under the old key it comes too late, and then the new
 * record may go. If the store does not take that either, the new record stays until it expires, unless the forward was
 * refused rather than late.
 */
async function leadsTo(engine: Engine, state: SessionState, next: StoreKey, late: boolean): Promise<boolean> {
  const { id, stored } = state
  if (id === undefined || !stored) return false
  const backend = engine.backend()
  const { key, contents, expiresAt } = stored
  const place = { id, key }
  // With its old deadline: this is no use of the session.
  const written = { place, contents, record: { ...toRecord(engine, place, contents, engine.clock()), expiresAt } }
  try {
    const outcome = await backend.update(key, written.record, stored.version).catch((error: unknown) => {
      if (late || isLate(error)) throw error
      return 'refused'
    })
    if (outcome === 'ok') state.stored = toStored(written)
    else {
      const behind = await keyBehind(engine, key)
      if (behind !== key) return behind === next
    }
    await backend.destroy(next)
  } catch (error) {
    // The failure that brought us here is told already.
    if (!(error instanceof StoreError)) throw error
  }
  return false
}

function isLate(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'ERR_SESSION_STORE_TIMEOUT'
}
