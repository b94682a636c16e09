import type { Entry } from './checker.mjs'

export declare function isAnswered(entry: Entry): boolean
/** When it was over at the latest: never, where no answer came. */
export declare function endOf(entry: Entry): number
/** By the clock of the definition, where that is not the one of the history. */
export declare function clockOf(entry: Entry): { readonly start: number; readonly end: number }
