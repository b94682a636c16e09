import { randomInt } from 'node:crypto'
import { type EnvelopeHeader, readHeader, type Seat } from '../../codec/envelope-header.js'
import { isExpired } from '../../core/deadline.js'
import { MisdeployError, SessionConflictError, SessionLimitError, UnreadableRecordError } from '../../core/errors.js'
import type { KeyedRecord, StoredRecord, StoreKey } from '../../stores/port.js'
import type { Contents } from '../contents.js'
import { forEach } from '../each.js'
import type { Engine } from '../engine.js'

/** How often the sessions of a subject are listed until none is too many. More than once only when they change meanwhile. */
const MAX_ROUNDS = 20
/** How many sessions one login ends at most. When an account has more than a new limit allows, later logins end the rest. */
const MAX_ENDED = 64
const MAX_MARK = 2 ** 48 - 1

/** How many sessions one subject may have; Infinity where nobody counts them. */
export function limitOf(engine: Engine): number {
  return engine.subjects?.max ?? Number.POSITIVE_INFINITY
}

/** Contents with the seat that they need: a new one when they become a subject's, none when they are nobody's. */
export function seated(engine: Engine, contents: Contents, before: Contents | undefined, now: number): Contents {
  if (!engine.subjects || (limitOf(engine) === Number.POSITIVE_INFINITY && !contents.seat)) return contents
  const subject = engine.subjects.of(contents)
  if (subject === undefined) return contents.seat ? { ...contents, seat: undefined } : contents
  if (before && subject === engine.subjects.of(before)) return contents
  return { ...contents, seat: { at: now, mark: randomInt(MAX_MARK) } }
}

/** One live session of a subject. Two records of it while it gets a new id are one session. */
interface Taken extends Pick<Seat, 'at'> {
  readonly mark: string
  readonly found: readonly KeyedRecord[]
}

/**
 * @param own the key of the session that wants in: another request may have logged it in already
 * @throws SessionLimitError when the subject has more than `room` other live sessions
 */
export async function assertRoom(engine: Engine, subject: string, room: number, own?: StoreKey): Promise<void> {
  const taken = await takenSeats(engine, subject)
  if (taken.filter(({ found }) => !found.some(({ key }) => key === own)).length <= room) return
  throw new SessionLimitError(
    `Session \`${engine.name}\`: this subject has as many sessions as \`maxPerSubject\` allows. End one of them first, or set \`onLimit: 'oldest'\`.`,
  )
}

/**
 * Ends the sessions of a subject that are too many, oldest login first. All servers order them alike, so the newest `max` are in
 * nobody's list, however many come at once. Whoever was the last to give one of them a key lists after all the others,
 * so the number holds once no login is in flight, unless it was exceeded by more than one login may end.
 * @param own the seat that brought the caller here
 * @param sitAgain takes a newer seat for it; `gone` when a newer login has ended it already, which is as if it came later
 * @returns false when it is `own` that is too many: its record is still there
 * @throws SessionConflictError when they change all the time
 */
export async function makeRoom(
  engine: Engine,
  subject: string,
  own: Seat | undefined,
  sitAgain: (at: number) => Promise<'ok' | 'conflict' | 'gone'>,
): Promise<boolean> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const taken = await takenSeats(engine, subject)
    const surplus = taken.slice(0, Math.max(0, taken.length - limitOf(engine)))
    const newest = taken.at(-1)
    if (surplus.length === 0 || !newest) return true
    if (surplus.some(({ mark }) => mark === String(own?.mark))) {
      const outcome = await sitAgain(newest.at + 1)
      if (outcome !== 'ok') return outcome === 'gone'
    } else if (await endAll(engine, surplus.slice(0, MAX_ENDED))) return true
  }
  throw new SessionConflictError(
    `Session \`${engine.name}\`: the sessions of this subject changed ${MAX_ROUNDS} times while one of them was to be ended. Try again.`,
  )
}

/** Ends just what was listed. @returns false when one had changed or moved on meanwhile, so that another look is needed */
async function endAll(engine: Engine, surplus: readonly Taken[]): Promise<boolean> {
  let all = true
  await forEach(
    surplus.flatMap(({ found }) => found),
    async ({ key, record }) => {
      if ((await engine.backend().destroy(key, record.version)) === 'ok') engine.emitRef('destroyed', engine.refOf(key))
      else all = false
    },
  )
  return all
}

/** The live sessions of a subject, oldest login first. */
async function takenSeats(engine: Engine, subject: string): Promise<Taken[]> {
  const seats = new Map<string, Taken>()
  for await (const found of engine.backend().bySubject(subject)) {
    const live = liveHeader(engine, found.record)
    if (!live) continue
    // Stored before there was a limit: its age is its creation, and it is known by its key alone.
    const { at, mark } = live.seat ?? { at: live.createdAt, mark: found.key }
    const twin = seats.get(String(mark))
    seats.set(String(mark), {
      mark: String(mark),
      at: Math.max(at, twin?.at ?? 0),
      found: twin ? [...twin.found, found] : [found],
    })
  }
  // In what order sessions of one millisecond came is nobody's business, as long as all servers agree.
  return [...seats.values()].sort((a, b) => a.at - b.at || (a.mark < b.mark ? -1 : 1))
}

/** The header alone: what is in a record, and whether it can be read, is nobody's business here. */
function liveHeader(engine: Engine, { bytes, expiresAt }: StoredRecord): EnvelopeHeader | undefined {
  try {
    const header = readHeader(bytes)
    return isExpired(Math.min(expiresAt, header.absoluteExpiresAt), engine.clock()) ? undefined : header
  } catch (error) {
    if (error instanceof UnreadableRecordError || error instanceof MisdeployError) return undefined
    throw error
  }
}
