import { SessionConflictError, SessionGoneError } from '../core/errors.js'
import { reload } from './compare-and-set.js'
import { type Engine, reported } from './engine.js'
import { awaitLease, endLease, lockKey } from './lease.js'
import type { SessionState } from './state.js'

/**
 * Lets one request after the other have a session, for handlers that must not run twice at a time. Nothing is lost without
 * it; it only spares the work of replaying. A new session needs none: nobody else knows it.
 * @throws SessionConflictError when it is not free within `storeTimeout`
 */
export async function lock(engine: Engine, state: SessionState): Promise<void> {
  while (!state.lock && state.stored && state.phase === 'open') {
    const { key } = state.stored
    state.lock = await reported(engine, state, awaitLease(engine, lockKey(engine, key)))
    if (!state.lock) throw taken(engine)
    try {
      // Whoever had it before may have changed or ended the session.
      await reload(engine, state)
    } catch (error) {
      await unlock(engine, state)
      if (!(error instanceof SessionGoneError)) throw error
      return
    }
    // Whoever comes with its new id asks for the lock of that one.
    if (state.stored.key !== key) await unlock(engine, state)
  }
}

/** Lets the next one in. What cannot be removed runs out by itself. */
export async function unlock(engine: Engine, state: SessionState): Promise<void> {
  const held = state.lock
  if (!held) return
  state.lock = undefined
  await endLease(engine, held)
}

function taken(engine: Engine): SessionConflictError {
  return new SessionConflictError(
    `Another request has held the lock of this session \`${engine.name}\` for ${engine.policy.storeTimeout} ms (\`storeTimeout\`). Lock only short handlers.`,
  )
}
