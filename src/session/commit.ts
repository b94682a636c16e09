import { expiresAtAfterUse, isExpired, isTouchDue } from '../core/deadline.js'
import { SessionConflictError, SessionGoneError, SessionLimitError, StoreError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import type { Change } from './changes.js'
import { type Contents, draftOf, isEmpty, sameContents } from './contents.js'
import { type Engine, placeOf, reported, toRecord } from './engine.js'
import { collectSomeGarbage } from './garbage.js'
import { readStored } from './load.js'
import { refreshView, type SessionState, type StoredSession } from './state.js'
import { joining } from './subjects/joining.js'
import { seated } from './subjects/limit.js'

/** How often one commit may lose the race before it gives up. With the pauses below: about four seconds. */
const MAX_ATTEMPTS = 50
const MAX_PAUSE_MS = 150

/**
 * Writes the changes of a session by compare-and-set. When another request was first, the changes are replayed on what
 * that one stored. A session that did not change is at most touched.
 * @throws SessionGoneError when the session was ended elsewhere, SessionConflictError, StoreError, CodecError
 */
export function commit(engine: Engine, state: SessionState): Promise<void> {
  return droppingRefused(
    state,
    () => write(engine, state),
    (error) => error instanceof SessionLimitError || error instanceof SessionConflictError,
  )
}

/**
 * Runs a call that stores at once. If it fails so that `isFinal`, the changes that were pending when it began are dropped:
 * they must not be stored after all by the response that says they were not.
 */
export async function droppingRefused(
  state: SessionState,
  call: () => Promise<void>,
  isFinal: (error: unknown) => boolean,
): Promise<void> {
  const asked = [...state.log]
  try {
    await call()
  } catch (error) {
    if (isFinal(error)) drop(state, asked)
    throw error
  }
}

async function write(engine: Engine, state: SessionState): Promise<void> {
  if (state.stored === undefined) return create(engine, state)
  if (state.log.length === 0) return touch(engine, state)
  let written: readonly Change[] = []
  const committed = await updateStored(engine, state, (contents) => {
    written = [...state.log]
    if (sameContents(state.view, contents, engine.types)) return undefined
    checkWhole(engine, state, state.view)
    return state.view
  })
  if (committed === 'unchanged') return touch(engine, state)
  engine.emit('saved', state.id)
  settle(state, written)
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

/** Whether there is nothing to store and nothing to renew: so it is with most requests that only read. */
export function isCommitted(engine: Engine, state: SessionState): boolean {
  if (state.log.length > 0) return false
  return state.stored ? renewal(engine, state, state.stored) === undefined : isEmpty(state.view)
}

/**
 * Changes the stored record by compare-and-set until it succeeds. `next` gets what is stored and answers what to store
 * instead, or undefined to leave it.
 */
export async function updateStored(
  engine: Engine,
  state: SessionState,
  next: (contents: Contents) => Contents | undefined,
): Promise<StoredSession | 'unchanged'> {
  if (isExpired(knownStored(state).expiresAt, engine.clock())) await reload(engine, state)
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const stored = knownStored(state)
    const changed = next(stored.contents)
    if (!changed) return 'unchanged'
    const now = engine.clock()
    const contents = seated(engine, withVolatileDefaults(state, changed), stored.contents, now)
    const place = { id: knownId(state), key: stored.key }
    const record = toRecord(engine, place, contents, now)
    const outcome = await joining(engine, state, { place, record, contents }, stored, () =>
      engine.backend().update(place.key, record, stored.version),
    )
    if (outcome === 'gone') throw gone(engine, state)
    if (outcome !== 'conflict') {
      state.stored = outcome
      await assertInTime(engine, state, stored.expiresAt)
      if (isNewsToClient(engine, stored.contents, contents)) announce(state, 'renewed')
      return state.stored
    }
    engine.emit('conflict', state.id, { attempt })
    await pause(attempt)
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
  return new SessionGoneError(
    `Session \`${engine.name}\` was ended elsewhere (logout, new id or expiry) while this request used it. Nothing was written. Call useSession again for a new one.`,
  )
}

/** Created wins over renewed: the client must learn a new id even if the session is touched afterwards. */
export function announce(state: SessionState, announcement: 'created' | 'renewed'): void {
  if (state.announcement !== 'created') state.announcement = announcement
}

/** Fetches what others have stored meanwhile. @throws SessionGoneError */
export async function reload(engine: Engine, state: SessionState): Promise<void> {
  const { id: known } = state
  const found = known === undefined ? undefined : await reported(engine, state, readStored(engine, known, 'under-way'))
  if (!found) throw gone(engine, state)
  const { id, stored } = found
  if (id !== state.id) announce(state, 'created')
  state.id = id
  state.stored = stored
  refreshView(state)
}

async function create(engine: Engine, state: SessionState): Promise<void> {
  if (isEmpty(state.view)) return
  const written = [...state.log]
  checkWhole(engine, state, state.view)
  const complete = withVolatileDefaults(state, state.view)
  for (let attempt = 1; attempt <= 3; attempt++) {
    const now = engine.clock()
    const contents = seated(engine, complete, undefined, now)
    const place = placeOf(engine, state.id ?? engine.ids.generate())
    const record = toRecord(engine, place, contents, now)
    const outcome = await joining(engine, state, { place, record, contents }, undefined, () =>
      engine.backend().create(place.key, record),
    )
    if (outcome === 'gone') throw gone(engine, state)
    if (outcome !== 'exists') {
      state.id = place.id
      state.stored = outcome
      announce(state, 'created')
      engine.emit('created', state.id)
      engine.emit('saved', state.id)
      settle(state, written)
      collectSomeGarbage(engine)
      return
    }
    state.id = undefined
  }
  throw new StoreError(
    `Three new ids of session \`${engine.name}\` were taken already. If \`generateId\` is set, it is not random.`,
  )
}

/** What was written is no longer pending; what the app changed meanwhile is. */
function settle(state: SessionState, written: readonly Change[]): void {
  // What was queued again waits in the store: a response that fails later must not put it back beside that.
  for (const { returns } of written) if (returns !== undefined) state.taken?.delete(returns)
  state.log = state.log.filter((change) => !written.includes(change))
  refreshView(state)
}

/** Forgets changes; what was taken of the flash stays taken, and goes back into the store with the response. */
function drop(state: SessionState, refused: readonly Change[]): void {
  state.log = state.log.filter((change) => change.returns !== undefined || !refused.includes(change))
  refreshView(state)
}

/** A failed renewal costs nothing but time: the deadline stays where it was. So it never fails a request. */
async function touch(engine: Engine, state: SessionState): Promise<void> {
  const stored = knownStored(state)
  const expiresAt = renewal(engine, state, stored)
  if (expiresAt === undefined) return
  try {
    if (mayBeLate(engine, stored)) await updateStored(engine, state, (contents) => contents)
    else await extend(engine, state, stored, expiresAt)
  } catch (error) {
    if (error instanceof SessionGoneError) throw error
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
function renewal(engine: Engine, state: SessionState, { contents, expiresAt }: StoredSession): number | undefined {
  const now = engine.clock()
  // What has expired while this request ran must not come back by its touch.
  if (isExpired(expiresAt, now)) return undefined
  const after = state.forceTouch ? 0 : engine.policy.touchAfterMs
  return isTouchDue(contents.lifetime, expiresAt, now, after) ? expiresAtAfterUse(contents.lifetime, now) : undefined
}

function checkWhole(engine: Engine, state: SessionState, contents: Contents): void {
  const check = engine.schema.checkWhole
  if (!check || contents.data.size === 0) return
  const data: Record<string, unknown> = {}
  for (const key of engine.schema.defaulted)
    if (!contents.data.has(key.name)) data[key.name] = (state.defaults?.get(key.name) ?? key.default()).value
  for (const [key, entry] of contents.data) data[key] = entry.value
  check(data)
}

/** A function default that the app has seen is part of the session from its first write on, if it is among `kept`. */
export function withVolatileDefaults(state: SessionState, contents: Contents, kept?: ReadonlySet<string>): Contents {
  if (!state.defaults) return contents
  const missing = [...state.defaults].filter(
    ([key, { volatile }]) => volatile && !contents.data.has(key) && (!kept || kept.has(key)),
  )
  if (missing.length === 0) return contents
  const draft = draftOf(contents)
  for (const [key, entry] of missing) draft.data.set(key, entry)
  return draft
}

function knownStored(state: SessionState): StoredSession {
  if (!state.stored) throw new TypeError('a session that is not stored has no record to change')
  return state.stored
}

function knownId(state: SessionState): SessionId {
  if (state.id === undefined) throw new TypeError('a session that is stored has an id')
  return state.id
}

/** Twice at once, then randomly longer, so that many contenders spread out. */
function pause(attempt: number): Promise<void> | undefined {
  if (attempt < 3) return undefined
  return new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(MAX_PAUSE_MS, 2 ** attempt)))
}
