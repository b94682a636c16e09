/** What became of the sessions of a rollout. All but the first and `delivered` have to be 0. */
export interface RolloutCounts {
  readonly requests: number
  /** Answers that did not know the user who had logged in. */
  readonly logouts: number
  /** Answers that did not show what was stored last: increments that were acknowledged, and other values. */
  readonly lostWrites: number
  /** Answers that knew a user after a logout. */
  readonly resurrected: number
  /** Flash messages that a response has delivered. */
  readonly delivered: number
  readonly flashTwice: number
  /** Flash messages that no response has delivered. */
  readonly flashLost: number
  /** Answers that were errors, and records that could not be converted. */
  readonly failed: number
}

/** Mistakes that an app may make, for the proof that a run reports them. */
export type Fault = 'skips a release' | 'resets what is newer' | 'forgets the old secret'

export function runRollout(options: {
  /** The built package. */
  readonly dist: string
  readonly store: { readonly kind: string; readonly options: object }
  readonly sessions: number
  /** How long visitors come, beside the time that logins, looks and tools take. */
  readonly seconds: number
  readonly fault?: Fault
  readonly onStep?: (what: string, counts: RolloutCounts) => void
}): Promise<{ readonly counts: RolloutCounts; readonly findings: ReadonlyMap<string, number> }>

export function isFlawless(counts: RolloutCounts): boolean
