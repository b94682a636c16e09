import { isExpired } from '../../core/deadline.js'
import { SessionConflictError } from '../../core/errors.js'
import { markOf, noteMove } from '../coordination/moves.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import { type Change, droppedChanges } from '../record/changes.js'
import { type Contents, CSRF_KEY } from '../record/contents.js'
import { placeOf, type StoredSession, toStored, toWritten } from '../record/records.js'
import { withLogin } from '../subjects/limit.js'
import { admitMove } from '../subjects/move-admission.js'
import { gone } from './gone.js'
import { assertInTime } from './in-time.js'
import { reload, reloaded } from './reload.js'
import { anew, replaceMoved } from './twins.js'
import { storedBy, type UnitOfWork } from './unit-of-work.js'

const MAX_ATTEMPTS = 20

export interface NewId {
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
 * parallel request has only moved replaces that session (docs/decisions/034-twins-of-a-double-click.md). The automatic rotation, which
 * leaves a redirect under the old id, is in rotation.ts.
 */
export async function regenerate(unit: UnitOfWork, wanted: NewId): Promise<void> {
  try {
    wanted.check?.()
    const { keep, restart, pending } = wanted
    const kept = keep && new Set(keep)
    // Only what was pending when it was asked for: what the app sets meanwhile is meant for the new session.
    const dropped = kept ? droppedChanges(pending, kept) : NONE_DROPPED
    if (unit.stored) await moveToNewId(unit, { kept, dropped, restart })
    if (kept) unit.keepOnly(kept, dropped)
    else unit.settle([])
  } catch (error) {
    // Also what the app has set while this was in flight: it did not know yet that there is no new id for it.
    if (wanted.restart) unit.drop(unit.log)
    else if (error instanceof SessionConflictError) unit.drop(wanted.pending)
    throw error
  }
}

const NONE_DROPPED: ReadonlySet<Change> = new Set()

interface Move {
  /** The only keys that survive. */
  readonly kept: ReadonlySet<string> | undefined
  /** The pending changes that do not. */
  readonly dropped: ReadonlySet<Change>
  readonly restart: boolean
}

async function moveToNewId(unit: UnitOfWork, { kept, dropped, restart }: Move): Promise<void> {
  const { runtime, ref: previousRef } = unit
  const { records } = runtime
  if (isExpired(storedBy(unit).stored.expiresAt, records.clock())) await reload(unit)
  let claimed = false
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { stored: before } = storedBy(unit)
    const now = records.clock()
    const contents = unit.defaults.completing(renewed(runtime, before.contents, kept, restart, now), kept)
    const id = records.ids.generate()
    const place = placeOf(records, id)
    if (place.key === before.key) continue
    const written = toWritten(records, place, contents, now)
    const { record } = written
    let isMissing = false
    const move = async () => {
      if (claimed) return records.store().create(place.key, record)
      const moved = await records.store().move(before.key, place.key, record, before.revision)
      isMissing = moved === 'gone'
      return moved
    }
    await noteMove(records, before.key, markOf(records, before.revision, kept), place.key)
    const outcome = await admitMove(records, written, 'final', move, before.contents)
    if (outcome === 'claimed' || outcome === 'exists') {
      claimed = true
      continue
    }
    if (outcome === 'ok') return finish(toStored(written))
    // A new record that a revocation or a newer login has removed again is no twin's: it stays ended.
    if (outcome === 'gone') return finish(isMissing ? await takePlaceOfTwin() : undefined)
    records.emit('conflict', unit.id, { attempt })
    if (!(await reloaded(unit))) return finish(await takePlaceOfTwin())

    /** @throws SessionGoneError when there is no session, or what was stored came too late */
    async function finish(stored: StoredSession | undefined): Promise<void> {
      if (!stored) throw gone(unit)
      const deadline = storedBy(unit).stored.expiresAt
      unit.moved({ id, stored })
      await assertInTime(unit, deadline)
      unit.announce('created')
      records.emit('regenerated', unit.id, { previousRef })
    }

    function takePlaceOfTwin(): Promise<StoredSession | undefined> {
      const { stored: old } = storedBy(unit)
      if (!restart || isExpired(old.expiresAt, records.clock())) return Promise.resolve(undefined)
      const pending = unit.log.filter((change) => !dropped.has(change))
      const begin = (asRead: boolean, now: number) => {
        const whole = () => renewed(runtime, old.contents, kept, true, now)
        const contents = anew(runtime, old.contents, { asRead, pending, whole, now })
        return contents && unit.defaults.completing(contents, kept)
      }
      return replaceMoved(records, old, { place, kept, begin })
    }
  }
  throw new SessionConflictError(
    `Session \`${runtime.name}\` was changed by other requests ${MAX_ATTEMPTS} times while it got a new id, or its new ids were taken (is \`generateId\` random?). Try again.`,
  )
}

/** The contents of the session under its new id. */
function renewed(
  { policies, records }: DefinitionRuntime,
  before: Contents,
  keep: ReadonlySet<string> | undefined,
  restart: boolean,
  now: number,
): Contents {
  const data = keep ? new Map([...before.data].filter(([key]) => keep.has(key))) : before.data
  // A CSRF token from before a login is worth nothing after it.
  const stays = (key: string) => (!keep || keep.has(key)) && !(restart && key === CSRF_KEY)
  const isWhole = !keep && !before.carried.has(CSRF_KEY)
  const carried = isWhole ? before.carried : new Map([...before.carried].filter(([key]) => stays(key)))
  const lifetime = restart ? policies.restart(before, now) : before.lifetime
  // A change of privilege is a login, so the newest of the subject's.
  const login = restart && before.login ? { ...before.login, at: now } : before.login
  return withLogin(records, { ...before, data, carried, lifetime, idSince: now, login }, before, now)
}
