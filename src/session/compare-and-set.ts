import { isExpired } from '../core/deadline.js'
import { SessionConflictError, SessionGoneError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import { pause } from '../core/timers.js'
import type { Change } from './changes.js'
import type { Contents } from './contents.js'
import { type Engine, reported, toRecord } from './engine.js'
import { readStored } from './load.js'
import { announce, announceRotated, drop, knownStored, type SessionState, type StoredSession, settle } from './state.js'
import { joining } from './subjects/joining.js'
import { seated } from './subjects/limit.js'
import { withVolatileDefaults } from './volatile-defaults.js'

/** How often one commit may lose the race before it gives up. With the pauses below: about four seconds. */
const MAX_ATTEMPTS = 50
const MAX_PAUSE_MS = 150

/**
 * Changes the stored record by compare-and-set until it succeeds. `next` gets what is stored and answers what to store
 * instead, or undefined to leave it.
 * @param carried the changes that what `next` answered last has in it
 */
export async function updateStored(
  engine: Engine,
  state: SessionState,
  next: (contents: Contents) => Contents | undefined,
  carried: () => readonly Change[] = () => [],
): Promise<StoredSession | 'unchanged'> {
  if (state.attempts.length > 0 || isExpired(knownStored(state).expiresAt, engine.clock())) await reload(engine, state)
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const stored = knownStored(state)
    const changed = next(stored.contents)
    if (!changed) return 'unchanged'
    const now = engine.clock()
    const contents = seated(engine, withVolatileDefaults(state, changed), stored.contents, now)
    const place = { id: knownId(state), key: stored.key }
    const record = toRecord(engine, place, contents, now)
    const earlier = state.attempts
    const outcome = await joining(engine, state, { place, record, contents }, stored, () => {
      state.attempts = [...earlier, { version: record.version, changes: carried() }]
      return engine.backend().update(place.key, record, stored.version)
    })
    // What met a conflict was not stored; an earlier one may be what it met.
    state.attempts = outcome === 'conflict' ? earlier : []
    if (outcome === 'gone') throw gone(engine, state)
    if (outcome !== 'conflict') {
      state.stored = outcome
      await assertInTime(engine, state, stored.expiresAt)
      if (isNewsToClient(engine, stored.contents, contents)) announce(state, 'renewed')
      return state.stored
    }
    engine.emit('conflict', state.id, { attempt })
    await pauseAfter(attempt)
    await reload(engine, state)
  }
  throw new SessionConflictError(
    `Session \`${engine.name}\` was changed by other requests ${MAX_ATTEMPTS} times in a row, so this one gave up. Write less often, or keep counters elsewhere.`,
  )
}

/**
 * Stores have no clock: what was sent in time may arrive when the session has expired, and others have seen it so. Then it
 * stays expired, unless another request has built on it meanwhile.
 * @param deadline of the record that was replaced by the one now known
 * @throws SessionGoneError
 */
export async function assertInTime(engine: Engine, state: SessionState, deadline: number): Promise<void> {
  if (!isExpired(deadline, engine.clock())) return
  const { key, version } = knownStored(state)
  const outcome = await reported(engine, state, engine.backend().destroy(key, version))
  if (outcome !== 'conflict') throw gone(engine, state)
  await reload(engine, state)
}

/** Ends the use of a handle whose session somebody else has ended. */
export function gone(engine: Engine, state: SessionState): SessionGoneError {
  state.phase = 'gone'
  // A new id that the client has not been told of yet leads nowhere any more.
  state.announcement = 'none'
  engine.emit('gone', state.id)
  return goneError(engine)
}

/** What to say of it again. */
export function goneError(engine: Engine): SessionGoneError {
  return new SessionGoneError(
    `Session \`${engine.name}\` was ended elsewhere (logout, new id or expiry) while this request used it. Nothing was written. Call useSession again for a new one.`,
  )
}

/** Fetches what others have stored meanwhile. @throws SessionGoneError */
export async function reload(engine: Engine, state: SessionState): Promise<void> {
  if (!(await reloaded(engine, state))) throw gone(engine, state)
}

/** `reload` for a caller that can go on without the session. @returns false when it is gone */
export async function reloaded(engine: Engine, state: SessionState): Promise<boolean> {
  const { id: known } = state
  const found = known === undefined ? undefined : await reported(engine, state, readStored(engine, known, 'under-way'))
  if (!found) return false
  const { id, stored } = found
  const { stored: before, attempts } = state
  if (id !== state.id) announceRotated(state)
  Object.assign(state, { id, stored })
  // Still the version that they were to replace: one of them may yet arrive.
  if (attempts.length === 0 || stored.version === before?.version) {
    replay(state)
    return true
  }
  const landed = attempts.find(({ version }) => version === stored.version)
  const over = landed?.changes ?? attempts.flatMap(({ changes }) => changes)
  const isPending = over.some((change) => state.log.includes(change))
  state.attempts = []
  replay(state, over)
  if (landed && before && isNewsToClient(engine, before.contents, stored.contents)) announce(state, 'renewed')
  if (!landed && isPending)
    throw new SessionConflictError(
      `A write of session \`${engine.name}\` failed, and other requests have changed the session since: nobody can tell whether it was stored. It is not repeated, which could apply it twice.`,
    )
  return true
}

/** Makes what is pending anew on what others have stored. A change that fails there takes the others of this request with it. */
function replay(state: SessionState, stored: readonly Change[] = []): void {
  try {
    settle(state, stored)
  } catch (error) {
    drop(state, state.log)
    throw error
  }
}

/** Whether the client's cookie has to change, or to live longer, with the record. */
function isNewsToClient(engine: Engine, before: Contents, after: Contents): boolean {
  return (
    after.persistent ||
    engine.policy.persistent ||
    before.persistent !== after.persistent ||
    before.cookie !== after.cookie
  )
}

function knownId(state: SessionState): SessionId {
  if (state.id === undefined) throw new TypeError('a session that is stored has an id')
  return state.id
}

/** Twice at once, then randomly longer, so that many contenders spread out. */
function pauseAfter(attempt: number): Promise<void> | undefined {
  return attempt < 3 ? undefined : pause(Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt))
}
