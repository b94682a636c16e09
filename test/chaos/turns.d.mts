import type { Entry, History } from './checker.mjs'
import type { Issue } from './model.mjs'

export interface Turns {
  /** Whether an answer may give an id a follower though nobody asked for one. */
  turns(entry: Entry): boolean
  /** Whether an id may lead nowhere: it may have been given a follower, and have led to that one for as long as it may. */
  mayHaveTurned(id: string, reader: Entry): boolean
  /** Until when an id that was replaced by itself leads to the session; undefined when that is not known. */
  graceOf(id: string): number | undefined
}

/** @param known is read when it is asked for, so it may be filled later */
export declare function createTurns(known: {
  readonly policies: History['policies']
  readonly issues: ReadonlyMap<string, Issue>
  readonly uses: ReadonlyMap<string, readonly Entry[]>
}): Turns
