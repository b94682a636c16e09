import type { Entry, History } from './checker.mjs'
import type { Policy } from './perform.mjs'

/** One session, whatever ids it had. */
export interface KnownSession {
  /** The request that began it. */
  readonly birth: number
  readonly def: string
  readonly ids: string[]
  readonly logins: Entry[]
}

/** How a client got an id. */
export interface Issue {
  readonly id: string
  readonly entry: Entry
  /** The id of the same session before. */
  readonly parent: Issue | undefined
  readonly session: KnownSession
}

export interface Model {
  readonly entries: readonly Entry[]
  /** By the time of the answer. */
  readonly answered: readonly Entry[]
  readonly byNumber: ReadonlyMap<number, Entry>
  readonly issues: ReadonlyMap<string, Issue>
  readonly revokes: readonly Entry[]
  readonly sights: readonly Entry[]
  uses(id: string): readonly Entry[]
  sessionOf(entry: Entry): KnownSession | undefined
  targetOf(entry: Entry): KnownSession | undefined
  mayHaveEnded(id: string, before: number, but: Entry): readonly Entry[]
  mayLack(sight: Entry, write: Entry): boolean
  mayReturn(sight: Entry, removal: Entry): boolean
  mayBeAnew(sight: Entry): boolean
  mayHaveExpired(id: string, reader: Entry): boolean
  mustHaveExpired(id: string, reader: Entry): boolean
  /** Whether its id may lead nowhere because it was replaced by itself long ago. */
  mayHaveTurned(id: string, reader: Entry): boolean
  /** Until when an id that was replaced by itself leads to the session; undefined when that is not known. */
  graceOf(id: string): number | undefined
  /** Whether a request may have given it a lifetime of its own. */
  /** Whether calls of the store may have failed during a request. */
  wasOut(entry: Entry): boolean
  isLasting(session: KnownSession): boolean
  policyOf(entry: Entry): Policy
  fate(entry: Entry): 'yes' | 'maybe' | 'no'
}

export declare function createModel(history: History): Model
/** Whether a request removes a key of the data; `items` and `note` are flashes. */
export declare function removes(entry: Entry, key: string): boolean
