import type { SessionId } from '../core/id.js'
import type { StoreKey, Version } from '../stores/port.js'
import { type Change, replay } from './changes.js'
import type { Contents, Entry, FlashEntry } from './contents.js'
import type { Lease } from './lease.js'

/** A record as this request last saw it in the store. */
export interface StoredSession {
  readonly key: StoreKey
  readonly version: Version
  /** The stored deadline, in milliseconds since the Unix epoch. */
  readonly expiresAt: number
  readonly contents: Contents
}

/**
 * - `open`: may be changed
 * - `readonly`: opened for reading only
 * - `outage`: empty because the store did not answer
 * - `destroyed`: ended by this request
 * - `gone`: found ended by somebody else
 * - `sealed`: the response headers have left
 */
export type Phase = 'open' | 'readonly' | 'outage' | 'destroyed' | 'gone' | 'sealed'

/** What the client must be told, if anything. */
export type Announcement = 'none' | 'created' | 'renewed' | 'clear'

/** Which changes were to be stored, and under which version. */
export interface Attempt {
  readonly version: Version
  readonly changes: readonly Change[]
}

/** Everything one request knows of one session. What most requests have none of is made on first use. */
export interface SessionState {
  phase: Phase
  id: SessionId | undefined
  stored: StoredSession | undefined
  /** What a session starts from that is not stored yet. */
  readonly origin: Contents
  /** What the app sees: the stored contents with `log` applied. */
  view: Contents
  /** Changes that are not committed yet, oldest first. */
  log: Change[]
  announcement: Announcement
  /** Whether the id is one that a rotation gave: other requests know it, and may have replaced it meanwhile. */
  rotated: boolean
  /** Claimed from the store by `flash.take` in this request: put back if it ends in a 5xx. */
  taken: Map<string, FlashEntry> | undefined
  /** Everything `flash.take` returned in this request, so that `flash.keep` can queue it again. */
  delivered: Map<string, FlashEntry> | undefined
  /** Flash for this request only. */
  momentary: Map<string, unknown> | undefined
  /** Whether somebody looks at this answer: what a flash is for. Asked only when one waits. */
  readonly lookedAt: () => boolean
  /** In development: the keys that the app has read, so that it can hear of a `set` that loses another request's change. */
  readonly read: Set<string> | undefined
  /** The lock this request holds, if any. */
  lock: Lease | undefined
  /** Renew the deadline at commit, however recent the last use. */
  forceTouch: boolean
  /** The last of the immediate calls under way; never rejects. */
  turn: Promise<void> | undefined
  /** Updates that failed, though one of them may have been stored, or may still be: never two, as they replace the same version. */
  attempts: readonly Attempt[]
  /** Immediate calls that have not ended. */
  calls: Set<Promise<void>> | undefined
  /** Defaults already computed, so that a function default is called once per request. */
  defaults: Map<string, Entry & { readonly volatile: boolean }> | undefined
}

export interface Beginning {
  readonly phase: Phase
  readonly view: Contents
  readonly id?: SessionId
  readonly stored?: StoredSession
  readonly lookedAt: () => boolean
  readonly development: boolean
}

export function createState({ phase, view, id, stored, lookedAt, development }: Beginning): SessionState {
  return {
    phase,
    id,
    stored,
    lookedAt,
    read: development ? new Set() : undefined,
    lock: undefined,
    origin: view,
    view,
    log: [],
    announcement: 'none',
    rotated: false,
    taken: undefined,
    delivered: undefined,
    momentary: undefined,
    forceTouch: false,
    turn: undefined,
    attempts: [],
    calls: undefined,
    defaults: undefined,
  }
}

/** Brings the view up to date after what is stored or pending has changed. */
export function refreshView(state: SessionState): void {
  state.view = replay(state.stored?.contents ?? state.origin, state.log)
}

/** Created wins over renewed: the client must learn a new id even if the session is touched afterwards. */
export function announce(state: SessionState, announcement: 'created' | 'renewed'): void {
  if (state.announcement !== 'created') state.announcement = announcement
}

/** What was written is no longer pending; what the app changed meanwhile is. */
export function settle(state: SessionState, written: readonly Change[]): void {
  // What was queued again waits in the store: a response that fails later must not put it back beside that.
  for (const { returns } of written) if (returns !== undefined) state.taken?.delete(returns)
  state.log = state.log.filter((change) => !written.includes(change))
  refreshView(state)
}

/** Forgets changes; what was taken of the flash stays taken, and goes back into the store with the response. */
export function drop(state: SessionState, refused: readonly Change[]): void {
  state.log = state.log.filter((change) => change.returns !== undefined || !refused.includes(change))
  refreshView(state)
}

/** The client may not know yet which id a rotation has given its session. */
export function announceRotated(state: SessionState): void {
  state.announcement = 'created'
  state.rotated = true
}

/** @throws TypeError for a session that is not stored: a mistake of the caller */
export function knownStored(state: SessionState): StoredSession {
  if (!state.stored) throw new TypeError('a session that is not stored has no record to change')
  return state.stored
}

/**
 * Runs what reaches the store after everything that this request has begun before, awaited or not: a save beside a destroy
 * must not bring back what that ended. The commit waits for the last one.
 */
export function inTurn<T>(state: SessionState, run: () => Promise<T>): Promise<T> {
  const result = state.turn ? state.turn.then(run) : run()
  const turn = result.then(over, over)
  state.turn = turn
  return result

  function over(): void {
    if (state.turn === turn) state.turn = undefined
  }
}

/** Notes an immediate call until it has ended. */
export function underWay(state: SessionState, call: Promise<void>): Promise<void> {
  const told: Promise<void> = call.finally(() => void state.calls?.delete(told))
  state.calls ??= new Set()
  state.calls.add(told)
  return told
}

/**
 * Waits for everything that the app has begun and not awaited. @returns what of it has failed: nobody else will hear of it
 */
export async function ended(state: SessionState): Promise<readonly unknown[]> {
  const calls = state.calls ? await Promise.allSettled(state.calls) : []
  while (state.turn) await state.turn
  return calls.flatMap((call): unknown[] => (call.status === 'rejected' ? [call.reason] : []))
}
