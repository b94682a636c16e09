import { isExpired, type Lifetime, startLifetime } from '../core/deadline.js'
import { SessionConflictError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import { type Change, droppedChanges } from './changes.js'
import { assertInTime, gone, reload, reloaded } from './compare-and-set.js'
import type { Contents } from './contents.js'
import { type Engine, placeOf, refFor, reported, toRecord } from './engine.js'
import { destroyThrough } from './forwards.js'
import { endSession, noteMove } from './moves.js'
import type { Place } from './record.js'
import { announce, drop, knownStored, refreshView, type SessionState, type StoredSession } from './state.js'
import { moving, toStored } from './subjects/joining.js'
import { seated } from './subjects/limit.js'
import { anew, replaceMoved } from './twins.js'
import { withVolatileDefaults } from './volatile-defaults.js'

const MAX_ATTEMPTS = 20

/** Ends a session for good: the record goes before this returns, and the client's cookie with the response. */
export async function destroy(engine: Engine, state: SessionState): Promise<void> {
  const known = state.stored
  if (known) await reported(engine, state, endSession(engine, known.key, known.version))
  state.phase = 'destroyed'
  state.log = []
  state.announcement = known ? 'clear' : 'none'
  if (known) engine.emit('destroyed', state.id)
}

export interface Renewal {
  /** The only keys whose values survive; left out, all do. */
  readonly keep?: readonly string[]
  /** @throws for a key that there is not */
  readonly check?: () => void
  /** The changes made before it was asked for. */
  readonly pending: readonly Change[]
  /** Whether both clocks start again (a change of privilege) or go on (hygiene). */
  readonly restart: boolean
}

/**
 * Gives the session a new id; the old one is dead before this returns. What was stored moves along; changes not yet
 * committed stay pending, unless it fails: a new privilege must not be stored under the id that it was to leave.
 * @throws SessionGoneError when the session was ended elsewhere: then nothing is created. A `regenerate` whose session a
 * parallel request has only moved replaces that session (docs/decisions/034-twins-of-a-double-click.md).
 */
export async function renew(engine: Engine, state: SessionState, renewal: Renewal): Promise<void> {
  try {
    renewal.check?.()
    await moveToNewId(engine, state, renewal)
  } catch (error) {
    // Also what the app has set while this was under way: it did not know yet that there is no new id for it.
    if (renewal.restart) drop(state, state.log)
    else if (error instanceof SessionConflictError) drop(state, renewal.pending)
    throw error
  }
}

async function moveToNewId(engine: Engine, state: SessionState, { keep, restart, pending }: Renewal): Promise<void> {
  const kept = keep && new Set<string>(keep)
  // Only what was pending when it was asked for: what the app sets meanwhile is meant for the new session.
  const dropped = kept && droppedChanges(pending, kept)
  if (!state.stored) {
    // Nothing is stored under the id handed out so far, so there is nothing to move.
    state.id = undefined
    settle()
    return
  }
  const previousRef = refFor(engine, state)
  if (isExpired(state.stored.expiresAt, engine.clock())) await reload(engine, state)
  let claimed = false
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { key: from, version: expected, contents: before } = state.stored
    const now = engine.clock()
    const contents = withVolatileDefaults(state, renewed(engine, before, kept, restart, now), kept)
    const id = engine.ids.generate()
    const place = placeOf(engine, id)
    if (place.key === from) continue
    const record = toRecord(engine, place, contents, now)
    const written = { place, contents, record }
    let isMissing = false
    const move = async () => {
      if (claimed) return engine.backend().create(place.key, record)
      const moved = await engine.backend().move(from, place.key, record, expected)
      isMissing = moved === 'gone'
      return moved
    }
    await noteMove(engine, from, expected, place.key)
    const outcome = await reported(engine, state, moving(engine, written, 'final', move, before))
    if (outcome === 'claimed' || outcome === 'exists') {
      claimed = true
      continue
    }
    if (outcome === 'ok') return finish(toStored(written), id)
    // A new record that a revocation or a newer login has removed again is no twin's: it stays ended.
    if (outcome === 'gone') return finish(isMissing ? await replaceTwin(place) : undefined, id)
    engine.emit('conflict', state.id, { attempt })
    if (!(await reloaded(engine, state))) return finish(await replaceTwin(place), id)
  }
  throw new SessionConflictError(
    `Session \`${engine.name}\` was changed by other requests ${MAX_ATTEMPTS} times while it got a new id, or its new ids were taken (is \`generateId\` random?). Try again.`,
  )

  /** @throws SessionGoneError when there is no session, or what was stored came too late */
  async function finish(stored: StoredSession | undefined, id: SessionId): Promise<void> {
    if (!stored) throw gone(engine, state)
    const deadline = knownStored(state).expiresAt
    state.id = id
    state.stored = stored
    state.attempts = []
    await assertInTime(engine, state, deadline)
    settle()
    announce(state, 'created')
    engine.emit('regenerated', state.id, { previousRef })
  }

  function replaceTwin(place: Place): Promise<StoredSession | undefined> {
    const old = knownStored(state)
    if (!restart || isExpired(old.expiresAt, engine.clock())) return Promise.resolve(undefined)
    const pending = dropped ? state.log.filter((change) => !dropped.has(change)) : state.log
    const begin = (asRead: boolean, now: number) => {
      const whole = () => renewed(engine, old.contents, kept, true, now)
      const contents = anew(engine, old.contents, { asRead, pending, whole, now })
      return contents && withVolatileDefaults(state, contents, kept)
    }
    return reported(engine, state, replaceMoved(engine, old, place, begin))
  }

  function settle(): void {
    if (kept) {
      state.log = state.log.filter((change) => !dropped?.has(change))
      // A default that does not survive is a new one when it is asked for again.
      for (const key of state.defaults?.keys() ?? []) if (!kept.has(key)) state.defaults?.delete(key)
    }
    refreshView(state)
  }
}

function renewed(
  engine: Engine,
  before: Contents,
  keep: ReadonlySet<string> | undefined,
  restart: boolean,
  now: number,
): Contents {
  const data = keep ? new Map([...before.data].filter(([key]) => keep.has(key))) : before.data
  const carried = keep ? new Map([...before.carried].filter(([key]) => keep.has(key))) : before.carried
  const lifetime = restart ? restarted(engine, before, now) : before.lifetime
  // A change of privilege is a login, so the newest of the subject's.
  const seat = restart && before.seat ? { ...before.seat, at: now } : before.seat
  return seated(engine, { ...before, data, carried, lifetime, idSince: now, seat }, before, now)
}

/** Both clocks start again; a remembered session keeps its own length. */
function restarted(engine: Engine, before: Contents, now: number): Lifetime {
  const { maxAge, idleTimeout } = engine.policy
  const remembered = before.lifetime.idleMs / 1000
  return before.persistent ? startLifetime(now, remembered, remembered) : startLifetime(now, maxAge, idleTimeout)
}

/** Ends a session by its raw id, from anywhere. Text that is no id reaches no store. */
export async function destroyById(engine: Engine, id: string): Promise<boolean> {
  if (!engine.ids.accepts(id)) return false
  for (const key of engine.keys.places(id)) {
    if ((await destroyThrough(engine, key)) === 'gone') continue
    engine.emitRef('destroyed', engine.refOf(key))
    return true
  }
  return false
}
