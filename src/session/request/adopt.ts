import { MisdeployError, SessionLimitError, StoreError, UnreadableRecordError } from '../../core/errors.js'
import type { Adoption } from '../definition/adoption.js'
import type { AdoptOptions } from '../definition/options.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import { type Contents, isEmpty } from '../record/contents.js'
import type { Place } from '../record/format.js'
import { type FoundSession, placeOf, tellOther, toStored, toWritten } from '../record/records.js'
import type { OldContents, OldSession } from '../transport/adopt-port.js'
import { toOldRequest } from '../transport/old-request.js'
import type { TransportRequest } from '../transport/transport.js'
import { enter } from './adopt-admission.js'
import { asked } from './adopt-call.js'
import { type Door, doorRecord, openDoor } from './adopt-door.js'
import { isUnfit, type MappedContents, toContents } from './adopt-values.js'
import { isShared } from './share-values.js'

/** What a request without a session of ours gets for one of another library. */
export interface Adopted {
  /** Stored, or for a request that may not write the contents alone; undefined when it was adopted and has ended since. */
  readonly from: FoundSession | Contents | undefined
  /** Cookies of the request that the client is asked to forget. */
  readonly forget: readonly string[]
}

const MAX_IDS = 3

/** One old session that a request has brought. */
interface Case {
  readonly runtime: DefinitionRuntime
  readonly adoption: Adoption
  readonly source: AdoptOptions
  readonly old: OldSession
  /** Undefined for a session without a name: every request that brings it gets one of its own. */
  readonly door: Place | undefined
  readonly now: number
}

/**
 * The session of another library that a request brings, as one of this definition: the first reader that finds one decides.
 * @returns undefined when there is none @throws StoreError for an outage of either store, MisdeployError
 */
export async function adopt(
  runtime: DefinitionRuntime,
  adoption: Adoption,
  request: TransportRequest,
  isReadonly: boolean,
): Promise<Adopted | undefined> {
  const now = runtime.clock()
  const seen = toOldRequest(request, now)
  for (const source of adoption.sources) {
    const { reader, until } = source
    if (now >= until.getTime()) continue
    try {
      const sent = reader.cookies.flatMap((name) => seen.cookie(name))
      const old = await asked(runtime, adoption, source, sent, async () => reader.find(seen))
      if (!old) continue
      const door = old.id === undefined ? undefined : adoption.doorOf(reader.name, old.id)
      const from = await adoptOne({ runtime, adoption, source, old, door, now }, isReadonly)
      if (from === 'nothing') continue
      const forget = source.old === 'end' ? reader.cookies.filter((name) => seen.cookie(name).length > 0) : []
      return { from, forget: isReadonly ? [] : forget }
    } catch (error) {
      if (!(error instanceof UnreadableRecordError)) throw error
      runtime.records.emit('invalid', undefined, { keys: [], error })
      if (runtime.records.reading.onUnreadable === 'throw') throw error
    }
  }
  return undefined
}

async function adoptOne(one: Case, isReadonly: boolean): Promise<Adopted['from'] | 'nothing'> {
  const { runtime, adoption, source, old, door } = one
  const before = door && (await openDoor(runtime.records, door))
  if (before) return behind(one, before, isReadonly)
  const contents = await asked(runtime, adoption, source, [old.id], async () => old.load())
  // Another request may have adopted it meanwhile, and ended it in its store.
  const meanwhile = contents || !door ? undefined : await openDoor(runtime.records, door)
  if (meanwhile) return behind(one, meanwhile, isReadonly)
  // A copy of a session of ours, which has ended, or its cookie would be here.
  if (contents && isShared(contents)) return 'nothing'
  const mapped = contents && mappedOf(one, contents)
  if (!mapped || isEmpty(mapped.contents)) return 'nothing'
  return isReadonly ? mapped.contents : await create(one, contents, mapped)
}

async function behind(one: Case, { found, pending }: Door, isReadonly: boolean): Promise<FoundSession | undefined> {
  const entered = pending && found && !isReadonly ? await admitted(one, found) : found
  if (entered) one.runtime.records.emit('loaded', entered.id)
  return entered
}

/** Stores the session, and who opens the door first has adopted it. */
async function create(
  one: Case,
  old: OldContents,
  mapped: MappedContents,
): Promise<FoundSession | undefined | 'nothing'> {
  const { runtime, source, door } = one
  const { records } = runtime
  const store = records.store()
  for (let attempt = 1; attempt <= MAX_IDS; attempt++) {
    const place = placeOf(records, records.ids.generate())
    const written = writtenOf(one, place, mapped.contents)
    if (!written) return 'nothing'
    // Nobody's until the door is open: those that come too late are never counted among the sessions of the subject.
    const { subject, ...record } = written.record
    if ((await store.create(place.key, record)) === 'exists') continue
    if (door) {
      const opened = doorRecord(records, door, place, source.until.getTime(), subject !== undefined)
      if ((await store.create(door.key, opened)) === 'exists') {
        await store.destroy(place.key, record.revision)
        const first = await openDoor(records, door)
        return first ? behind(one, first, false) : 'nothing'
      }
    }
    const created: FoundSession = { id: place.id, stored: toStored({ ...written, record }) }
    const found = subject === undefined ? created : await admitted(one, created)
    if (!found) return undefined
    records.emit('created', found.id)
    records.emit('saved', found.id)
    records.emit('adopted', found.id, { from: source.reader.name, refused: mapped.refused })
    await endOld(one, old)
    runtime.garbage.collectSome()
    return found
  }
  throw new StoreError(
    `Three new ids of session \`${records.name}\` were taken already. If \`generateId\` is set, it is not random.`,
  )
}

/** A session among those of its subject; undefined when it may not be. */
async function admitted(one: Case, found: FoundSession): Promise<FoundSession | undefined> {
  const { runtime, source, door } = one
  try {
    return await enter(runtime.records, source, door, found)
  } catch (error) {
    if (!(error instanceof SessionLimitError)) throw error
    runtime.records.emit('invalid', found.id, { keys: [], error })
    return undefined
  }
}

function writtenOf(one: Case, place: Place, contents: Contents) {
  try {
    return toWritten(one.runtime.records, place, contents, one.now)
  } catch (error) {
    return unfit(one, error)
  }
}

function mappedOf(one: Case, { values }: OldContents): MappedContents | undefined {
  try {
    return toContents(one.runtime, one.source, values, one.now)
  } catch (error) {
    return unfit(one, error)
  }
}

/** Reported, and not adopted: the old session stays as it is, so that a new release may do better. */
function unfit({ runtime }: Case, error: unknown): undefined {
  if (error instanceof MisdeployError) throw error
  if (!isUnfit(error)) throw error
  runtime.records.emit('invalid', undefined, { keys: [], error })
  return undefined
}

/** A failure here must not cost the new session, which is stored: the door protects it from a second adoption. */
async function endOld({ runtime, adoption, source, old: { id } }: Case, old: OldContents): Promise<void> {
  if (source.old !== 'end' || !old.end) return
  try {
    await asked(runtime, adoption, source, [id], async () => old.end?.())
  } catch (error) {
    tellOther(runtime.records, undefined, error)
  }
}
