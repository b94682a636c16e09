import type { SessionId } from '../../core/id.js'
import type { Lease } from '../coordination/lease.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import { type Change, replay } from '../record/changes.js'
import type { Contents } from '../record/contents.js'
import type { FoundSession, StoredSession } from '../record/records.js'
import { Calls } from './calls.js'
import { Defaults } from './defaults.js'
import { FlashInHand } from './flash-in-hand.js'

/**
 * - `open`: may be changed
 * - `readonly`: opened for reading only
 * - `outage`: empty because the store did not answer
 * - `destroyed`: ended by this request
 * - `gone`: found ended by somebody else
 * - `sealed`: the commit of the response has begun
 */
export type Phase = 'open' | 'readonly' | 'outage' | 'destroyed' | 'gone' | 'sealed'

/** What the client must be sent, if anything. */
export type Announcement = 'none' | 'created' | 'renewed' | 'clear'

/** A write with an unknown outcome: its changes, and the revision that tells whether it was applied. */
export interface Attempt {
  readonly revision: StoredSession['revision']
  readonly changes: readonly Change[]
}

/** What a request says of itself. */
export interface Circumstances {
  readonly phase: Phase
  readonly isReader: () => boolean
  readonly development: boolean
}

/**
 * Everything one request knows of one session. No field is assigned anywhere else: each method is a transition and keeps an
 * invariant. What lies in `flash`, `defaults` and `calls` is changed by their own methods.
 */
export type UnitOfWork = Readonly<Unit>

/** @param from what is stored, or the contents that a new session starts from */
export function beginWork(
  runtime: DefinitionRuntime,
  request: Circumstances,
  from: Contents | FoundSession,
): UnitOfWork {
  return new Unit(runtime, request, from)
}

class Unit {
  readonly runtime: DefinitionRuntime
  phase: Phase
  id: SessionId | undefined
  /** The record as this request last saw it; undefined for a session that was never stored. Known only together with its id. */
  stored: StoredSession | undefined
  /** What the app sees: the stored contents with `log` applied. */
  view: Contents
  announcement: Announcement = 'none'
  /** Whether other requests know the id too, so that one of them may have replaced it meanwhile. */
  isIdShared = false
  /** Writes with an unknown outcome. At most one can have been applied: all expect the same revision. */
  attempts: readonly Attempt[] = NO_ATTEMPTS
  /** The lock that this request holds, if any. */
  lock: Lease | undefined = undefined
  /** Whether the app asked for a new deadline, however recent the last use. */
  isTouched = false
  /** Whether the app is computing a value: what it changes in the session meanwhile would be lost. */
  isComputing = false
  /** Whether somebody reads the response, which is what a flash is for. Asked only when one waits. */
  readonly isReader: () => boolean
  /** In development: the keys that the app has read, so that it can hear of a `set` that loses another request's change. */
  readonly keysRead: ReadonlySet<string> | undefined
  readonly calls = new Calls()
  readonly flash = new FlashInHand()
  readonly defaults = new Defaults()
  /** What a session starts from that is not stored yet. */
  readonly #origin: Contents
  #log: Change[] = []

  constructor(
    runtime: DefinitionRuntime,
    { phase, isReader, development }: Circumstances,
    from: Contents | FoundSession,
  ) {
    const found = 'stored' in from ? from : undefined
    const contents = 'stored' in from ? from.stored.contents : from
    this.runtime = runtime
    this.phase = phase
    this.id = found?.id
    this.stored = found?.stored
    this.view = contents
    this.isReader = isReader
    this.keysRead = development ? new Set() : undefined
    this.#origin = contents
  }

  /** Changes that are not committed yet, oldest first. */
  get log(): readonly Change[] {
    return this.#log
  }

  /** The name of the session for logs; undefined while there is no id. */
  get ref(): string | undefined {
    const { records } = this.runtime
    return this.id === undefined ? undefined : records.refOf(this.stored?.key ?? records.keys.of(this.id))
  }

  // What the app changes

  /** Notes a change and shows it to the rest of the request. */
  change(change: Change): void {
    this.view = replay(this.view, [change])
    this.#log.push(change)
  }

  /** Runs the app's part of an update, which may only compute. */
  compute<T>(run: () => T): T {
    this.isComputing = true
    try {
      return run()
    } finally {
      this.isComputing = false
    }
  }

  noteRead(key: string): void {
    ;(this.keysRead as Set<string> | undefined)?.add(key)
  }

  touch(): void {
    this.isTouched = true
  }

  /** Forgets changes that were refused. A flash that was taken stays taken: it goes back into the store with the response. */
  drop(refused: readonly Change[]): void {
    this.#keep((change) => change.returns !== undefined || !refused.includes(change))
  }

  /** What the app had queued was taken in this request: it is neither pending nor to be stored. */
  delivered(taken: ReadonlySet<Change>): void {
    this.#keep((change) => !taken.has(change))
  }

  /** Forgets every change: the response has failed. */
  dropAll(): void {
    this.#keep(() => false)
  }

  /** Forgets the changes of keys that do not survive a new id. A default that does not survive is a new one when it is asked for again. */
  keepOnly(keys: ReadonlySet<string>, dropped: ReadonlySet<Change>): void {
    this.defaults.keepOnly(keys)
    this.#keep((change) => !dropped.has(change))
  }

  // What the store has said

  /** These changes are stored. What the app has changed meanwhile is pending. */
  settle(written: readonly Change[]): void {
    // What was queued again waits in the store: a response that fails later must not put it back beside that.
    for (const { returns } of written) if (returns !== undefined) this.flash.returned(returns)
    this.#keep((change) => !written.includes(change))
  }

  /**
   * The record of this session under the id that it has; no write is unknown any more.
   * @param written the changes that are in it; undefined where no change was to be written
   */
  replaced(stored: StoredSession, written?: readonly Change[]): void {
    this.stored = stored
    this.attempts = NO_ATTEMPTS
    // In the same step: a change that is in the record and pending as well would be applied twice.
    if (written) this.settle(written)
  }

  /** The record of this session under a new id. @param written as in `replaced` */
  moved({ id, stored }: FoundSession, written?: readonly Change[]): void {
    this.id = id
    this.replaced(stored, written)
  }

  /** The same record with a later deadline. */
  extended(expiresAt: number): void {
    if (this.stored) this.stored = { ...this.stored, expiresAt }
  }

  /**
   * What others have stored meanwhile. Pending changes are applied to it anew; one that fails there takes the others of this
   * request with it.
   * @param applied the changes that are not pending any more; undefined while a write may yet arrive
   */
  reloaded({ id, stored }: FoundSession, applied: readonly Change[] | undefined): void {
    if (id !== this.id) this.idRotated()
    this.id = id
    this.stored = stored
    if (applied) this.attempts = NO_ATTEMPTS
    try {
      this.settle(applied ?? [])
    } catch (error) {
      this.drop(this.#log)
      throw error
    }
  }

  /** A write is about to be sent: until its outcome is known it may have been applied. */
  attempting(attempt: Attempt): void {
    this.attempts = [...this.attempts, attempt]
  }

  /** The last write met a conflict, so it was not applied; an earlier one may be what it met. */
  refused(earlier: readonly Attempt[]): void {
    this.attempts = earlier
  }

  /** Every write with an unknown outcome was undone. */
  undone(): void {
    this.attempts = NO_ATTEMPTS
  }

  // What the client must be sent

  /** Created wins over renewed: the client must learn a new id even if the session is touched afterwards. */
  announce(announcement: 'created' | 'renewed'): void {
    if (this.announcement !== 'created') this.announcement = announcement
  }

  /** A rotation gave this id: the client may not have it yet, and other requests have it too. */
  idRotated(): void {
    this.announcement = 'created'
    this.isIdShared = true
  }

  /** What is known of the id just before it is sent: another one, or none that the client should have. */
  confirmed(id: SessionId | undefined): void {
    if (id === undefined) this.announcement = 'none'
    else if (id !== this.id) {
      this.id = id
      this.announcement = 'created'
    }
  }

  // How it ends

  /** Ended by this request: nothing is pending, and the client's cookie goes if there was a record. */
  destroyed(): void {
    this.phase = 'destroyed'
    this.#log = []
    this.announcement = this.stored ? 'clear' : 'none'
  }

  /** Ended by somebody else. A new id that the client has not been sent yet is dead. */
  lost(): void {
    this.phase = 'gone'
    this.announcement = 'none'
  }

  /** The response leaves: a write that came later would be in neither the record nor an error. */
  seal(): void {
    this.phase = 'sealed'
  }

  hold(lease: Lease | undefined): void {
    this.lock = lease
  }

  #keep(isPending: (change: Change) => boolean): void {
    this.#log = this.#log.filter(isPending)
    this.#refresh()
  }

  #refresh(): void {
    this.view = replay(this.stored?.contents ?? this.#origin, this.#log)
  }
}

const NO_ATTEMPTS: readonly Attempt[] = []

/** @throws TypeError for a session that is not stored: a mistake of the caller */
export function storedBy(unit: UnitOfWork): FoundSession {
  const { id, stored } = unit
  if (id === undefined || !stored) throw new TypeError('a session that is not stored has no record to change')
  return { id, stored }
}
