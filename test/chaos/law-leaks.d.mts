import type { Law } from './checker.mjs'

export declare const checkLeaks: Law
/** Whether a line that a server has printed may hold an id or a value, and is worth keeping for the check. */
export declare function isSuspicious(line: string, canaries: readonly string[]): boolean
