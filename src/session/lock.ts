import { isExpired } from '../core/deadline.js'
import { SessionConflictError, SessionGoneError } from '../core/errors.js'
import { digestKey } from '../core/id.js'
import type { StoreKey } from '../stores/port.js'
import { reload } from './commit.js'
import { type Engine, newVersion, reported } from './engine.js'
import type { SessionState } from './state.js'

/** A handler that takes longer loses its lock, so that a crashed server locks nobody out. In milliseconds. */
const LEASE_MS = 30_000
const FIRST_PAUSE_MS = 5
const MAX_PAUSE_MS = 100

/**
 * Lets one request after the other have a session, for handlers that must not run twice at a time. Nothing is lost without
 * it; it only spares the work of replaying. The lock is a record of its own, so it works between servers on every store.
 * A new session needs none: nobody else knows it.
 * @throws SessionConflictError when it is not free within `storeTimeout`
 */
export async function lock(engine: Engine, state: SessionState): Promise<void> {
  if (state.lock || !state.stored || state.phase !== 'open') return
  const key = digestKey(engine.name, 'l1', state.stored.key) as StoreKey
  const version = newVersion()
  let waited = 0
  for (let longest = FIRST_PAUSE_MS; !(await reported(engine, state, claim(engine, key, version))); longest *= 2) {
    if (waited >= engine.policy.storeTimeout) throw taken(engine)
    const pause = Math.min(longest, MAX_PAUSE_MS) * (0.5 + Math.random() / 2)
    waited += pause
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  state.lock = { key, version }
  try {
    // Whoever had it before may have changed or ended the session.
    await reload(engine, state)
  } catch (error) {
    await unlock(engine, state)
    if (!(error instanceof SessionGoneError)) throw error
  }
}

/** Lets the next one in. What cannot be removed runs out by itself. */
export async function unlock(engine: Engine, state: SessionState): Promise<void> {
  const held = state.lock
  if (!held) return
  state.lock = undefined
  try {
    await engine.backend().destroy(held.key, held.version)
  } catch (error) {
    engine.emit('storeError', state.id, { error })
  }
}

async function claim(engine: Engine, key: StoreKey, version: ReturnType<typeof newVersion>): Promise<boolean> {
  const backend = engine.backend()
  const record = { bytes: new Uint8Array(0), version, expiresAt: engine.clock() + LEASE_MS }
  if ((await backend.create(key, record)) === 'ok') return true
  const holder = await backend.read(key)
  if (!holder || !isExpired(holder.expiresAt, engine.clock())) return false
  return (await backend.update(key, record, holder.version)) === 'ok'
}

function taken(engine: Engine): SessionConflictError {
  return new SessionConflictError(
    `Another request has held the lock of this session \`${engine.name}\` for ${engine.policy.storeTimeout} ms (\`storeTimeout\`). Lock only short handlers.`,
  )
}
