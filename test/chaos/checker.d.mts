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
    | 'look'
    | 'touch'
    | 'keep'
    | 'now'
    | 'clearFlash'
    | 'clear'
    | 'delete'
    | 'expire'
    | 'wrong'
  /** Milliseconds that the handler sleeps between reading and writing. */
  readonly before: number
  /** The same between writing and answering. */
  readonly after: number
  readonly reply: string
  readonly key?: string | undefined
  readonly user?: string | undefined
  readonly all?: boolean | undefined
  readonly save?: boolean | undefined
  /** One handler at a time has the session. */
  readonly lock?: boolean | undefined
  /** The only keys that survive `regenerate`; left out, all do. */
  readonly keep?: readonly string[] | undefined
  /** How `expire` sets a lifetime of its own, and which. */
  readonly how?: 'remember' | 'setExpiry' | undefined
  readonly seconds?: number | false | undefined
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
  /** Taken and queued again. */
  kept?: { items: readonly number[]; note?: number | undefined }
  /** What the request saw of its own flash for itself alone. */
  shown?: number | undefined
  /** From when to when it surely had the lock. */
  held?: readonly [number, number]
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
  /** For each of the cookies the seconds it may be kept; null ends with the browser. */
  readonly ages?: readonly (number | null)[]
  /** The number of the other entry that was the same request. */
  readonly beside?: number
  /** The same times by the clock of the definition, where that is another one. */
  readonly clock?: { readonly start: number; readonly end: number }
}

export interface History {
  readonly entries: readonly Entry[]
  readonly policies: Readonly<Record<string, Policy>>
  /** From when to when the server of the store was killed or silent. */
  readonly outages?: readonly (readonly [from: number, to: number])[]
  /** The lines that servers have printed and that may hold an id or a value. */
  readonly printed?: readonly string[]
  /** What must never be printed, beside ids. */
  readonly canaries?: readonly string[]
}

export type LawNumber = 1 | 2 | 3 | 5 | 6 | 9 | 10 | 'lock' | 'limit' | 'leak'

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
  history: History,
) => void
