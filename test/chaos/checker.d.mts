import type { Model } from './model.mjs'
import type { Policy } from './perform.mjs'

/** What a request asks for. */
export interface Op {
  readonly kind:
    | 'read'
    | 'write'
    | 'add'
    | 'item'
    | 'note'
    | 'take'
    | 'login'
    | 'regenerate'
    | 'rotate'
    | 'logout'
    | 'relog'
    | 'revoke'
  /** Milliseconds that the handler sleeps between reading and writing. */
  readonly before: number
  /** The same between writing and answering. */
  readonly after: number
  readonly reply: string
  readonly key?: string | undefined
  readonly user?: string | undefined
  readonly all?: boolean | undefined
  readonly save?: boolean | undefined
  /** The answer is a 500, by this means. */
  readonly fail?: string | undefined
  /** After so many milliseconds the client goes away. */
  readonly abort?: number | undefined
}

/** What a handler found in its session. */
export interface Seen {
  readonly isNew: boolean
  readonly birth?: number | undefined
  readonly user?: string | undefined
  readonly login?: number | undefined
  readonly log: readonly number[]
  readonly count: number
  readonly a?: number | undefined
  readonly b?: number | undefined
  readonly c?: number | undefined
  readonly items: readonly number[]
  readonly note?: number | undefined
}

/** What a handler tells of its request. */
export interface Report {
  seen?: Seen
  /** The session after `relog` has destroyed the first one. */
  afterwards?: Seen
  taken?: { items: readonly number[]; note?: number | undefined }
  ended?: boolean
  renewed?: boolean
  revoked?: number
  /** When it last looked whether its user was revoked. */
  look?: number
  /** The same, before it stored a login or a new id. */
  looked?: number
}

/** One request, as its client knows it. Times are milliseconds of one clock. */
export interface Entry {
  readonly n: number
  readonly def: string
  readonly op: Op
  /** The id in its cookie. */
  readonly sent: string | null
  readonly start: number
  /** Null where no answer came. */
  readonly end: number | null
  readonly outcome: 'pending' | 'answered' | 'unknown'
  readonly status?: number
  readonly report?: Report
  /** The ids that the answer has set; empty text for a removal. */
  readonly cookies: readonly string[]
  /** The same times by the clock of the definition, where that is another one. */
  readonly clock?: { readonly start: number; readonly end: number }
}

export interface History {
  readonly entries: readonly Entry[]
  readonly policies: Readonly<Record<string, Policy>>
}

export type LawNumber = 1 | 2 | 3 | 5 | 6 | 9 | 10

export interface Violation {
  readonly law: LawNumber
  readonly what: string
  /** The requests that show it, by number. */
  readonly entries: readonly number[]
}

export declare const LAWS: Readonly<Record<LawNumber, string>>

export interface Verdict {
  readonly violations: readonly Violation[]
  /** How often each law was checked: a history in which it could not be broken proves nothing. */
  readonly checked: Readonly<Record<LawNumber, number>>
  /** What cannot be judged from outside, counted. */
  readonly notes: Readonly<Record<string, number>>
}

export declare function check(history: History): Verdict

/** One law, told what it finds. */
export type Law = (
  model: Model,
  report: {
    readonly count: (law: LawNumber) => void
    readonly note: (what: string, number: number) => void
    readonly violate: (law: LawNumber, what: string, entries: readonly (Entry | undefined)[]) => void
  },
) => void
