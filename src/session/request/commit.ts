import { CodecError, SessionValidationError, StoreError } from '../../core/errors.js'
import type { Change } from '../record/changes.js'
import { type Contents, isEmpty, sameContents } from '../record/contents.js'
import { placeOf, toStored, toWritten } from '../record/records.js'
import { admit, loginOf } from '../subjects/admission.js'
import { withLogin } from '../subjects/limit.js'
import { updateStored } from './compare-and-set.js'
import { gone, goneError } from './gone.js'
import { dueRenewal, touch } from './touch.js'
import type { UnitOfWork } from './unit-of-work.js'

/** How many new ids are tried: random ones never collide. */
const MAX_IDS = 3

/**
 * Writes the changes of a session by compare-and-set. When another request was first, the changes are replayed on what
 * that one stored. A session that did not change is at most touched.
 * @throws SessionGoneError when the session was ended elsewhere, SessionConflictError, StoreError, CodecError
 */
export async function commit(unit: UnitOfWork): Promise<void> {
  const asked = [...unit.log]
  try {
    if (unit.phase === 'gone') throw goneError(unit)
    if (unit.stored === undefined) await create(unit)
    else if (unit.log.length === 0) await touch(unit)
    else await update(unit)
  } catch (error) {
    // What may still come right stays. All else must not be stored after all by the response that says it was not.
    const mayBeMended =
      error instanceof StoreError || error instanceof SessionValidationError || error instanceof CodecError
    if (!mayBeMended) unit.drop(asked)
    throw error
  }
}

/** Whether there is nothing to store and nothing to renew: so it is with most requests that only read. */
export function isCommitted(unit: UnitOfWork): boolean {
  if (unit.log.length > 0) return false
  return unit.stored ? dueRenewal(unit, unit.stored) === undefined : isEmpty(unit.view)
}

async function update(unit: UnitOfWork): Promise<void> {
  const { records, types } = unit.runtime
  let written: readonly Change[] = []
  const next = (contents: Contents) => {
    written = [...unit.log]
    if (sameContents(unit.view, contents, types)) return undefined
    checkRefinements(unit)
    return unit.view
  }
  const stored = await updateStored(unit, next, () => written)
  if (stored === 'unchanged') unit.settle(written)
  else records.emit('saved', unit.id)
  for (const change of written) change.stored?.()
  if (stored === 'unchanged') await touch(unit)
}

async function create(unit: UnitOfWork): Promise<void> {
  if (isEmpty(unit.view)) return
  const { records, garbage } = unit.runtime
  const written = [...unit.log]
  checkRefinements(unit)
  const complete = unit.defaults.completing(unit.view)
  for (let attempt = 1; attempt <= MAX_IDS; attempt++) {
    const now = records.clock()
    const id = records.ids.generate()
    const place = placeOf(records, id)
    const session = toWritten(records, place, withLogin(records, complete, undefined, now), now)
    const write = () => records.store().create(place.key, session.record)
    const login = loginOf(records, session)
    const outcome = login === undefined ? await write() : await admit(records, login, session, undefined, write)
    if (outcome === 'gone') throw gone(unit)
    if (outcome === 'exists') continue
    unit.moved({ id, stored: outcome === 'ok' ? toStored(session) : outcome }, written)
    unit.announce('created')
    records.emit('created', id)
    records.emit('saved', id)
    garbage.collectSome()
    return
  }
  throw new StoreError(
    `Three new ids of session \`${records.name}\` were taken already. If \`generateId\` is set, it is not random.`,
  )
}

/** Checks rules across keys, on everything that would be stored, defaults included. @throws SessionValidationError */
function checkRefinements({ runtime, view, defaults }: UnitOfWork): void {
  const check = runtime.schema.checkRefinements
  if (!check || view.data.size === 0) return
  const data: Record<string, unknown> = {}
  for (const key of runtime.schema.defaulted) if (!view.data.has(key.name)) data[key.name] = defaults.of(key)?.value
  for (const [key, entry] of view.data) data[key] = entry.value
  check(data)
}
