import { CodecError, SessionValidationError, StoreError } from '../core/errors.js'
import { defaultEntry } from './access.js'
import type { Change } from './changes.js'
import { gone, goneError, updateStored } from './compare-and-set.js'
import { type Contents, isEmpty, sameContents } from './contents.js'
import { type Engine, placeOf, toRecord } from './engine.js'
import { collectSomeGarbage } from './garbage.js'
import { dueRenewal, touch } from './renewal.js'
import { announce, drop, type SessionState, settle } from './state.js'
import { joining } from './subjects/joining.js'
import { seated } from './subjects/limit.js'
import { withVolatileDefaults } from './volatile-defaults.js'

/**
 * Writes the changes of a session by compare-and-set. When another request was first, the changes are replayed on what
 * that one stored. A session that did not change is at most touched.
 * @throws SessionGoneError when the session was ended elsewhere, SessionConflictError, StoreError, CodecError
 */
export async function commit(engine: Engine, state: SessionState): Promise<void> {
  const asked = [...state.log]
  try {
    await write(engine, state)
  } catch (error) {
    // What may still come right stays. All else must not be stored after all by the response that says it was not.
    const mayBeMended =
      error instanceof StoreError || error instanceof SessionValidationError || error instanceof CodecError
    if (!mayBeMended) drop(state, asked)
    throw error
  }
}

async function write(engine: Engine, state: SessionState): Promise<void> {
  if (state.phase === 'gone') throw goneError(engine)
  if (state.stored === undefined) return create(engine, state)
  if (state.log.length === 0) return touch(engine, state)
  let written: readonly Change[] = []
  const next = (contents: Contents) => {
    written = [...state.log]
    if (sameContents(state.view, contents, engine.types)) return undefined
    checkWhole(engine, state, state.view)
    return state.view
  }
  const committed = await updateStored(engine, state, next, () => written)
  if (committed !== 'unchanged') engine.emit('saved', state.id)
  settle(state, written)
  for (const change of written) change.stored?.()
  if (committed === 'unchanged') await touch(engine, state)
}

/** Whether there is nothing to store and nothing to renew: so it is with most requests that only read. */
export function isCommitted(engine: Engine, state: SessionState): boolean {
  if (state.log.length > 0) return false
  return state.stored ? dueRenewal(engine, state, state.stored) === undefined : isEmpty(state.view)
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

function checkWhole(engine: Engine, state: SessionState, contents: Contents): void {
  const check = engine.schema.checkWhole
  if (!check || contents.data.size === 0) return
  const data: Record<string, unknown> = {}
  for (const key of engine.schema.defaulted)
    if (!contents.data.has(key.name)) data[key.name] = defaultEntry(state, key)?.value
  for (const [key, entry] of contents.data) data[key] = entry.value
  check(data)
}
