import { expiresAtAfterUse, isExpired, isTouchDue } from '../core/deadline.js'
import { SessionGoneError, StoreError } from '../core/errors.js'
import { assertInTime, updateStored } from './compare-and-set.js'
import { type Engine, reported } from './engine.js'
import { announce, knownStored, type SessionState, type StoredSession } from './state.js'

/** A failed renewal costs nothing but time: the deadline stays where it was. So it never fails a request. */
export async function touch(engine: Engine, state: SessionState): Promise<void> {
  const stored = knownStored(state)
  const expiresAt = dueRenewal(engine, state, stored)
  if (expiresAt === undefined) return
  try {
    if (mayBeLate(engine, stored)) await updateStored(engine, state, (contents) => contents)
    else await extend(engine, state, stored, expiresAt)
  } catch (error) {
    if (error instanceof SessionGoneError) {
      // Ended by somebody else: nothing of this request is lost by that.
      if (isExpired(stored.expiresAt, engine.clock())) throw error
      return
    }
    // The hook has heard of a failure of the store; of a record that cannot be written nobody has.
    if (!(error instanceof StoreError)) engine.emit('storeError', state.id, { error })
  }
}

/**
 * Whether the answer to a call that begins now may come after the deadline; a time-out is not exact, and a busy process is late.
 * A renewal that is late is undone, by its version. So it needs one of its own: under the old one that would undo what another
 * request had renewed in time.
 */
function mayBeLate(engine: Engine, { expiresAt }: StoredSession): boolean {
  return expiresAt - engine.clock() <= 2 * engine.policy.storeTimeout
}

/** Moves the deadline, without data. */
async function extend(engine: Engine, state: SessionState, stored: StoredSession, expiresAt: number): Promise<void> {
  const { key, version, contents } = stored
  try {
    const outcome = await reported(engine, state, engine.backend().touch(key, expiresAt, version))
    if (outcome !== 'ok') return
    state.stored = { ...stored, expiresAt }
  } finally {
    // What has failed may have reached the store all the same.
    await assertInTime(engine, state, stored.expiresAt)
  }
  if (contents.persistent || engine.policy.persistent) announce(state, 'renewed')
}

/** The deadline that a touch now would set; undefined when it is not worth a store call. */
export function dueRenewal(
  engine: Engine,
  state: SessionState,
  { contents, expiresAt }: StoredSession,
): number | undefined {
  const now = engine.clock()
  // What has expired while this request ran must not come back by its touch.
  if (isExpired(expiresAt, now)) return undefined
  const { touchAfterMs, idleTimeout } = engine.policy
  // A session of a shorter idle time than the definition's is renewed as much sooner: else it would end in use.
  const share = Math.min(1, contents.lifetime.idleMs / (idleTimeout * 1000))
  const after = state.forceTouch ? 0 : touchAfterMs * share
  return isTouchDue(contents.lifetime, expiresAt, now, after) ? expiresAtAfterUse(contents.lifetime, now) : undefined
}
