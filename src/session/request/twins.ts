import { findMoved } from '../coordination/moves.js'
import { type DefinitionRuntime, freshContents } from '../definition/runtime.js'
import { type Change, replay } from '../record/changes.js'
import { type Contents, NONE } from '../record/contents.js'
import type { Place } from '../record/format.js'
import { type SessionRecords, type StoredSession, toStored, toWritten } from '../record/records.js'
import { admitMove } from '../subjects/move-admission.js'

const MAX_ATTEMPTS = 20

interface Beginning {
  /** Whether the old session was moved just as this request had read it. */
  readonly asRead: boolean
  /** The changes of this request that will be stored in the new session. */
  readonly pending: readonly Change[]
  /** What `regenerate` keeps of the old session, with new lifetimes. */
  readonly whole: () => Contents
  readonly now: number
}

/**
 * The first contents of a login whose session a parallel request (its twin, of the same double click) has moved. Nothing is copied
 * from the twin: the old id alone must not open the session that a login has made of it. The data of the old session is kept only
 * if `subject` says that it was nobody's, and if no other request has changed it since this one read it; otherwise the copy could
 * lack a confirmed write, or bring back what was removed. Flashes are not kept, as the twin may have delivered them.
 * @returns undefined when the old session was somebody's and the pending changes name no subject: a role without its user is no session
 */
export function anew(
  runtime: DefinitionRuntime,
  old: Contents,
  { asRead, pending, whole, now }: Beginning,
): Contents | undefined {
  const fresh = { ...freshContents(runtime, now), cookie: old.cookie }
  if (!runtime.records.subjects) return fresh
  if (runtime.records.subjects.of(old) === undefined)
    return asRead ? { ...whole(), flash: NONE, carriedFlash: NONE } : fresh
  return runtime.records.subjects.of(replay(fresh, pending)) === undefined ? undefined : fresh
}

interface Replacement {
  readonly place: Place
  /** The keys that it keeps of the old session, undefined for all. */
  readonly kept: ReadonlySet<string> | undefined
  /** Makes the contents of the new session. */
  readonly begin: (asRead: boolean, now: number) => Contents | undefined
}

/**
 * Replaces a session that a parallel request has moved by a new one, in one step where the store can. A browser that has sent
 * both requests keeps the cookie of the later response, which is this one's.
 * @returns undefined when that session has ended (logout, revocation, expiry), so that nothing may be created
 */
export async function replaceMoved(
  records: SessionRecords,
  old: StoredSession,
  { place, kept, begin }: Replacement,
): Promise<StoredSession | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const twin = await findMoved(records, old, kept)
    if (!twin) return undefined
    const now = records.clock()
    const contents = begin(twin.asRead, now)
    if (!contents) return undefined
    const written = toWritten(records, place, contents, now)
    const move = () => records.store().move(twin.key, place.key, written.record, twin.revision)
    if ((await admitMove(records, written, 'final', move, old.contents)) !== 'ok') continue
    records.emitRef('destroyed', records.refOf(twin.key))
    return toStored(written)
  }
  return undefined
}
