import { decodeForward, type Forward, type ForwardHeader, isForward, readForwardHeader } from '../codec/forward.js'
import { isExpired } from '../core/deadline.js'
import { StoreError, UnreadableRecordError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import type { StoredRecord, StoreKey, Version } from '../stores/port.js'
import type { Engine } from './engine.js'
import type { Place } from './record.js'
import type { SessionState } from './state.js'

/**
 * How many forwards are followed from one id. About ten of a session are valid at a time, up to twice as many after a deploy
 * with a shorter `rotateEvery`. A longer chain, or a circle, was not written by this library.
 */
const MAX_HOPS = 32
/** How often a record may change while it is to be ended. */
const MAX_CHANGES = 1000

/**
 * Ends the session under a key, also when it has moved on to another one: otherwise a logout that carries an old id would
 * end nothing but the forward. A server that rotates nothing follows too: others may, or it may have done so before.
 * @param version what the caller believes is there, which spares looking
 * @throws UnreadableRecordError by policy when the forwards form a circle or are too many; they are removed all the same
 */
export async function destroyThrough(engine: Engine, key: StoreKey, version?: Version): Promise<'ok' | 'gone'> {
  const forwards: StoreKey[] = []
  let current = key
  let outcome = await destroyOrFollow(engine, current, version)
  while (typeof outcome === 'object' && forwards.length < MAX_HOPS) {
    forwards.push(current)
    current = outcome.next
    outcome = await destroyOrFollow(engine, current)
  }
  // The last one first: if this stops half-way, the forwards that are left still redirect to the end.
  for (const forward of forwards.reverse()) await engine.backend().destroy(forward)
  if (typeof outcome !== 'object') return outcome
  reportEndless(engine, engine.refOf(key))
  return 'gone'
}

/** Ends what is under a key, unless it is a forward. */
async function destroyOrFollow(
  engine: Engine,
  key: StoreKey,
  version?: Version,
): Promise<'ok' | 'gone' | { readonly next: StoreKey }> {
  const backend = engine.backend()
  let believed = version
  for (let changes = 0; changes < MAX_CHANGES; changes++) {
    if (believed !== undefined) {
      const outcome = await backend.destroy(key, believed)
      if (outcome !== 'conflict') return outcome
    }
    const record = await backend.read(key)
    if (!record) return 'gone'
    const next = nextKeyOf(record)
    // What has expired redirects nowhere: a store that nobody has collected may hold any number of them.
    if (next !== undefined) return isExpired(record.expiresAt, engine.clock()) ? 'gone' : { next }
    believed = record.version
  }
  throw new StoreError(`A session \`${engine.name}\` changed ${MAX_CHANGES} times while it was to be ended.`)
}

/**
 * The key of a session that may have been taken from `key` to another one, with a forward.
 * @returns undefined when the forwards form a circle or are too many @throws UnreadableRecordError by policy
 */
export async function keyBehind(engine: Engine, key: StoreKey): Promise<StoreKey | undefined> {
  let current = key
  for (let hops = 0; hops <= MAX_HOPS; hops++) {
    const record = await engine.backend().read(current)
    const next = record && !isExpired(record.expiresAt, engine.clock()) ? nextKeyOf(record) : undefined
    if (next === undefined) return current
    current = next
  }
  reportEndless(engine, engine.refOf(key))
  return undefined
}

/** Whether a walk that has followed so many forwards may go on. @throws UnreadableRecordError by policy when it may not */
export function mayFollow(engine: Engine, id: SessionId, hops: number): boolean {
  if (hops < MAX_HOPS) return true
  reportEndless(engine, engine.refOf(engine.keys.of(id)))
  return false
}

function reportEndless(engine: Engine, ref: string): void {
  const error = new UnreadableRecordError(
    `Stored forwards of session \`${engine.name}\` form a circle, or a chain of more than ${MAX_HOPS}. They are damaged, or were not written by this library.`,
  )
  engine.emitRef('invalid', ref, { keys: [], error })
  if (engine.policy.onUnreadable === 'throw') throw error
}

/** Where an old id leads; undefined when the record is no use any more. @throws UnreadableRecordError by policy */
export function follow(engine: Engine, { id }: Place, record: StoredRecord): Forward | undefined {
  if (isExpired(record.expiresAt, engine.clock())) return undefined
  try {
    return decodeForward(record.bytes, engine.name, id)
  } catch (error) {
    if (!(error instanceof UnreadableRecordError)) throw error
    engine.emit('invalid', id, { keys: [], error })
    if (engine.policy.onUnreadable === 'throw') throw error
    return undefined
  }
}

/**
 * The client is told of an id that other requests know too only if it still leads to the session: a login may have replaced
 * it, and its answer must not be followed by an id that is dead. Where the store cannot say, it is told: the grace of the old
 * id ends.
 */
export async function confirmId(engine: Engine, state: SessionState): Promise<void> {
  if (state.announcement === 'none' || state.announcement === 'clear' || state.id === undefined) return
  try {
    const id = await currentId(engine, state.id)
    if (id === undefined) state.announcement = 'none'
    else if (id !== state.id) Object.assign(state, { id, announcement: 'created' })
  } catch (error) {
    if (error instanceof StoreError) engine.emit('storeError', state.id, { error })
  }
}

/** The id that a session has by now; undefined when it has ended. */
async function currentId(engine: Engine, id: SessionId, hops = 0): Promise<SessionId | undefined> {
  for (const key of engine.keys.places(id)) {
    const record = await engine.backend().read(key)
    if (!record) continue
    if (!isForward(record.bytes)) return isExpired(record.expiresAt, engine.clock()) ? undefined : id
    const forward = follow(engine, { id, key }, record)
    if (!forward || !mayFollow(engine, id, hops)) return undefined
    return currentId(engine, forward.nextId as SessionId, hops + 1)
  }
  return undefined
}

/** An old id that a request came with, after its grace. */
export interface ReusedId {
  readonly id: SessionId
  readonly nextKey: StoreKey
}

/**
 * Tells of old ids that were used, and by policy ends their sessions.
 * @param opened the session that the same request has opened by another id: a client that has the current one too has copied nothing
 */
export async function reportReuse(engine: Engine, reused: readonly ReusedId[], opened?: StoreKey): Promise<void> {
  for (const { id, nextKey } of reused) {
    try {
      await report(id, nextKey)
    } catch (error) {
      // The request goes on with what it has; the next use of the old id is told again.
      if (!(error instanceof StoreError)) throw error
      engine.emit('storeError', id, { error })
    }
  }

  async function report(id: SessionId, nextKey: StoreKey): Promise<void> {
    if (opened !== undefined && (await keyBehind(engine, nextKey)) === opened) return
    const revoked = engine.rotation?.onReuse === 'revoke' && (await destroyThrough(engine, nextKey)) === 'ok'
    engine.emit('reused', id, { revoked })
  }
}

/** Where a forward leads, by key alone; undefined for anything else, a damaged one too. */
function nextKeyOf({ bytes }: StoredRecord): StoreKey | undefined {
  if (!isForward(bytes)) return undefined
  let forward: ForwardHeader
  try {
    forward = readForwardHeader(bytes)
  } catch (error) {
    if (error instanceof UnreadableRecordError) return undefined
    throw error
  }
  return forward.nextKey as StoreKey
}
