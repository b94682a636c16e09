import type { History, Violation } from './checker.mjs'

export declare function printViolation(history: History, violation: Violation): string
export declare function shrink(history: History, violation: Violation): History
