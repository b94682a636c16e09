import { isExpired } from '../../core/deadline.js'
import { SessionConflictError, StoreError } from '../../core/errors.js'
import type { StoredRecord } from '../../stores/port.js'
import type { Contents } from '../contents.js'
import { type Engine, reported, toRecord } from '../engine.js'
import { destroyThrough } from '../forwards.js'
import type { Place } from '../record.js'
import type { SessionState, StoredSession } from '../state.js'
import { type Enrolment, enrol, enrolMove } from './epoch.js'
import { assertRoom, limitOf, makeRoom } from './limit.js'
import { refuses, type Turn, takeTurn } from './turns.js'

/** A record on its way into the store. */
export interface Written {
  readonly place: Place
  readonly record: StoredRecord
  readonly contents: Contents
}

/**
 * Runs a write. If it makes the session a subject's that was not (a login), it also holds the number of that subject's
 * sessions to its maximum, and answers `gone` when the record must not stay: the subject was revoked meanwhile, or newer
 * logins have taken its seat. What fails after the write takes it back, as far as the store lets it.
 * @param before what the write replaces, if anything
 * @throws SessionLimitError with `onLimit: 'refuse'`: then nothing is stored
 */
export function joining<T extends string>(
  engine: Engine,
  state: SessionState,
  written: Written,
  before: StoredSession | undefined,
  write: () => Promise<'ok' | T>,
): Promise<StoredSession | Exclude<T, 'ok'> | 'gone'> {
  // What was taken back is as if it had never been tried.
  const undone = () => {
    state.attempts = []
  }
  return reported(engine, state, join(engine, written, before, write, undone))
}

async function join<T extends string>(
  engine: Engine,
  written: Written,
  before: StoredSession | undefined,
  write: () => Promise<'ok' | T>,
  undone: () => void,
): Promise<StoredSession | Exclude<T, 'ok'> | 'gone'> {
  const { subject } = written.record
  if (subject === undefined || (before && subject === engine.subjects?.of(before.contents))) {
    const outcome = await write()
    return outcome === 'ok' ? toStored(written) : (outcome as Exclude<T, 'ok'>)
  }
  const turn = await takeTurn(engine, subject, true)
  try {
    if (refuses(engine)) await assertRoom(engine, subject, limitOf(engine) - 1, written.place.key)
    const enrolment = await enrol(engine, subject)
    const outcome = await write().catch(async (error: unknown) => {
      if (await fenceOff(engine, written, before)) undone()
      throw error
    })
    if (outcome !== 'ok') return outcome as Exclude<T, 'ok'>
    return await settleIn(engine, { written, before, subject, enrolment, turn, undone })
  } finally {
    await turn.end()
  }
}

interface Newcomer {
  readonly written: Written
  readonly before: StoredSession | undefined
  readonly subject: string
  readonly enrolment: Enrolment
  readonly turn: Turn
  readonly undone: () => void
}

/** What a login has to look at once its record is stored. */
async function settleIn(
  engine: Engine,
  { written, before, subject, enrolment, turn, undone }: Newcomer,
): Promise<StoredSession | 'gone'> {
  let current = written
  const { key } = written.place
  try {
    if (await enrolment.revoked()) return await leave()
    if (limitOf(engine) === Number.POSITIVE_INFINITY) return toStored(current)
    if (engine.subjects?.onLimit === 'oldest')
      return (await makeRoom(engine, subject, written.contents.seat, sitAgain)) ? toStored(current) : await leave()
    if (!(await turn.end())) await assertRoom(engine, subject, limitOf(engine))
    return toStored(current)
  } catch (error) {
    if (await takeBack(engine, current, before)) undone()
    throw error
  }

  async function leave(): Promise<'gone'> {
    await destroyThrough(engine, key, current.record.version)
    return 'gone'
  }

  /** The clock of the server that stored the last login may be ahead of this one's: whoever comes later is newer all the same. */
  async function sitAgain(at: number): Promise<'ok' | 'conflict' | 'gone'> {
    const { place, contents, record } = current
    if (!contents.seat) return 'conflict'
    const later = { ...contents, seat: { ...contents.seat, at } }
    const next = { place, contents: later, record: toRecord(engine, place, later, engine.clock()) }
    const outcome = await engine.backend().update(key, next.record, record.version)
    if (outcome === 'ok') current = next
    return outcome
  }
}

/** A login whose write has failed may still be on its way to the store: under another version it comes too late. @returns whether it does */
async function fenceOff(engine: Engine, written: Written, before: StoredSession | undefined): Promise<boolean> {
  if (!before) return takeBack(engine, written, before)
  const { place } = written
  try {
    const fence = { ...toRecord(engine, place, before.contents, engine.clock()), expiresAt: 'keep' as const }
    if ((await engine.backend().update(place.key, fence, before.version)) === 'conflict')
      return await takeBack(engine, written, before)
    return true
  } catch (error) {
    // The failure that brought us here says it already.
    if (!(error instanceof StoreError)) throw error
    return false
  }
}

/** Undoes a login that is answered with an error. @returns whether it could */
async function takeBack(
  engine: Engine,
  { place, record }: Written,
  before: StoredSession | undefined,
): Promise<boolean> {
  const backend = engine.backend()
  const { key } = place
  try {
    if (!before) {
      await backend.destroy(key, record.version)
      return true
    }
    const { contents } = before
    // Back to another subject would be a login too, past its maximum and its revocations.
    if (engine.subjects?.of(contents) !== undefined) {
      await destroyThrough(engine, key)
      return true
    }
    // What has expired meanwhile stays so.
    const expiresAt = isExpired(before.expiresAt, engine.clock()) ? before.expiresAt : ('keep' as const)
    const back = { ...toRecord(engine, place, contents, engine.clock()), expiresAt }
    // If another request has built on it already, or moved it: what failed must not stay logged in.
    if ((await backend.update(key, back, record.version)) === 'conflict') await destroyThrough(engine, key)
    return true
  } catch (error) {
    // The failure that brought us here says it already.
    if (!(error instanceof StoreError)) throw error
    return false
  }
}

/**
 * Runs a write that takes a session to another key. `gone` when it must not stay there: its subject was revoked meanwhile,
 * or it is one session too many; then the new record has been removed. `busy` when it would have to wait and need not happen now.
 * @param way `forwarded` when the old id leads to the new one: then it need not happen now, and a last look that fails costs
 * nothing; else nobody would find a session that was moved and not confirmed
 */
export async function moving<T extends string>(
  engine: Engine,
  { place, record, contents }: Written,
  way: 'forwarded' | 'final',
  move: () => Promise<T>,
  before: Contents = contents,
): Promise<T | 'gone' | 'busy'> {
  const { subject } = record
  if (subject === undefined) return move()
  const turn = await takeTurn(engine, subject, way === 'final')
  if (!turn) return 'busy'
  try {
    // What it keeps may make it another subject's.
    if (refuses(engine) && subject !== engine.subjects?.of(before))
      await assertRoom(engine, subject, limitOf(engine) - 1)
    // A revocation that has listed the old key would miss the new one.
    const enrolment = await enrolMove(engine, subject, way === 'final')
    if (!enrolment && way === 'final') throw underRevocation(engine)
    if (!enrolment) return 'busy'
    const outcome = await move()
    if (outcome !== 'ok') return outcome
    try {
      if (!(await enrolment.revoked()) && (await hasRoom())) return outcome
    } catch (error) {
      if (way === 'final' || !(error instanceof StoreError || error instanceof SessionConflictError)) {
        await takeAway().catch(() => undefined)
        throw error
      }
      if (error instanceof StoreError) engine.emitRef('storeError', engine.refOf(place.key), { error })
      return outcome
    }
    await takeAway()
    return 'gone'
  } finally {
    await turn.end()
  }

  function takeAway(): Promise<unknown> {
    return destroyThrough(engine, place.key, record.version)
  }

  /** A login that listed the sessions while this one moved may have missed it, so it looks for itself. */
  async function hasRoom(): Promise<boolean> {
    if (subject === undefined || engine.subjects?.onLimit !== 'oldest') return true
    if (limitOf(engine) === Number.POSITIVE_INFINITY) return true
    return makeRoom(engine, subject, contents.seat, async () => 'conflict')
  }
}

export function toStored({ place, record, contents }: Written): StoredSession {
  return { key: place.key, version: record.version, expiresAt: record.expiresAt, contents }
}

function underRevocation(engine: Engine): SessionConflictError {
  return new SessionConflictError(
    `The sessions \`${engine.name}\` of this subject have been under revocation for ${engine.policy.storeTimeout} ms (\`storeTimeout\`), so this one got no new id. Try again.`,
  )
}
