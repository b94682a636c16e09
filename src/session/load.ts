import { isForward } from '../codec/forward.js'
import { isExpired } from '../core/deadline.js'
import { MisdeployError, SessionValidationError, StoreError, UnreadableRecordError } from '../core/errors.js'
import type { SessionId } from '../core/id.js'
import { checkValue } from '../core/options/check.js'
import type { StoredRecord, StoreKey } from '../stores/port.js'
import { type Engine, freshContents } from './engine.js'
import { follow, mayFollow, type ReusedId, reportReuse } from './forwards.js'
import { invalidPolicyRule } from './option-rules.js'
import type { InvalidPolicy } from './options.js'
import type { Place } from './record.js'
import { announceRotated, type Beginning, createState, type SessionState, type StoredSession } from './state.js'

/** Several cookies of one name may come, of other paths and domains; at most three ids are worth a look into the store. */
const MAX_CANDIDATES = 3

/**
 * Opens the session of the first candidate id that names one. Unknown, malformed and expired ids end in a new session that
 * has no id yet: an id from outside is never adopted, or somebody could choose the id of another's session, and a new session
 * costs no store call.
 */
export async function load(
  engine: Engine,
  candidates: readonly string[],
  { phase, ...asked }: Pick<Beginning, 'phase' | 'lookedAt' | 'development'>,
): Promise<SessionState> {
  const reused: ReusedId[] = []
  // After the check, so that no garbage in front hides an id.
  for (const candidate of candidates.filter((candidate) => engine.ids.accepts(candidate)).slice(0, MAX_CANDIDATES)) {
    let found: FoundSession | undefined
    try {
      found = await readStored(engine, candidate, reused)
    } catch (error) {
      const outage = error instanceof StoreError
      if (outage) engine.emit('storeError', candidate, { error })
      if (outage && engine.policy.onStoreError === 'anonymous')
        return createState({ phase: 'outage', view: freshContents(engine, engine.clock()), ...asked })
      throw error
    }
    if (!found) continue
    const { id, stored } = found
    await reportReuse(engine, reused, stored.key)
    engine.emit('loaded', id)
    const state = createState({ phase, view: stored.contents, id, stored, ...asked })
    // The response that should have told the client of its new id may have been lost.
    if (id !== candidate) announceRotated(state)
    return state
  }
  await reportReuse(engine, reused)
  return createState({ phase, view: freshContents(engine, engine.clock()), ...asked })
}

/** A session and the id it has, which after a rotation is not the one that was asked for. */
export interface FoundSession {
  readonly id: SessionId
  readonly stored: StoredSession
}

/**
 * The live record of an id, or undefined when there is none, it has expired, or policy says to start anew.
 * @param reused where a request that comes with an id collects the uses of old ones. For one that had the session before it
 * got another id, `under-way`: that is no reuse, however slow it is.
 * @throws StoreError, MisdeployError, and by policy SessionValidationError or UnreadableRecordError
 */
export async function readStored(
  engine: Engine,
  id: SessionId,
  reused: ReusedId[] | 'under-way',
  hops = 0,
): Promise<FoundSession | undefined> {
  for (const key of engine.keys.places(id)) {
    const backend = engine.backend()
    const record = await (reused === 'under-way' ? backend.read(key) : backend.load(key))
    if (!record) continue
    if (!isForward(record.bytes)) {
      const stored = open(engine, { id, key }, record)
      return stored && { id, stored }
    }
    const forward = follow(engine, { id, key }, record)
    if (!forward) return undefined
    const { graceUntil, nextId, nextKey } = forward
    if (reused === 'under-way' || engine.clock() < graceUntil)
      return mayFollow(engine, id, hops) ? readStored(engine, nextId as SessionId, reused, hops + 1) : undefined
    reused.push({ id, nextKey: nextKey as StoreKey })
    return undefined
  }
  return undefined
}

function open(engine: Engine, place: Place, record: StoredRecord): StoredSession | undefined {
  const { id, key } = place
  const now = engine.clock()
  if (isExpired(record.expiresAt, now)) return expired()
  const decoded = decode(engine, record.bytes, place, now)
  if (!decoded) return undefined
  // The absolute deadline is the record's own: a store that kept a wrong one cannot prolong a session.
  if (isExpired(decoded.lifetime.absoluteExpiresAt, now)) return expired()
  return { key, version: record.version, expiresAt: record.expiresAt, contents: decoded }

  function expired(): undefined {
    engine.emit('expired', id)
    return undefined
  }
}

function decode(engine: Engine, bytes: Uint8Array, place: Place, now: number) {
  const { id } = place
  try {
    const { contents, invalid, migrated, newer } = engine.format.decode(bytes, place, now)
    if (newer) {
      const { onNewerVersion } = engine.policy
      if (onNewerVersion === 'reset') return undefined
      if (onNewerVersion === 'throw') throw tooNew(engine, contents.version)
    }
    if (migrated) engine.emit('migrated', id, { version: engine.version })
    if (invalid.length === 0) return contents
    engine.emit('invalid', id, { keys: invalid })
    const policy = invalidPolicy(engine, invalid)
    if (policy === 'hide-key') return contents
    if (policy === 'reset') return undefined
    throw new SessionValidationError(
      `Stored values of session \`${engine.name}\` no longer fit its schema: ${invalid.join(', ')}. Accept the old form in the schema, or choose another \`onInvalid\`.`,
      invalid.map((path) => ({ path, expected: 'what the schema says', received: 'another stored value' })),
    )
  } catch (error) {
    // A migration that fails is a mistake in the app, which a new release mends: nothing is reset.
    if (!(error instanceof UnreadableRecordError)) throw error
    engine.emit('invalid', id, { keys: [], error })
    if (engine.policy.onUnreadable === 'throw') throw error
    return undefined
  }
}

function invalidPolicy({ name, policy: { onInvalid } }: Engine, keys: readonly string[]): InvalidPolicy {
  if (typeof onInvalid !== 'function') return onInvalid
  const policy: unknown = onInvalid({ session: name, keys })
  checkValue(`What \`onInvalid\` of session \`${name}\` returned`, invalidPolicyRule, policy)
  return policy
}

function tooNew(engine: Engine, version: number): MisdeployError {
  return new MisdeployError(
    `A record of session \`${engine.name}\` has schema version ${version}; this code has ${engine.version}, and \`onNewerVersion\` is 'throw'. Deploy the newer code.`,
  )
}
