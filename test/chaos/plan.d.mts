import type { Op } from './checker.mjs'

export interface Random {
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
}

export declare function createRandom(seed: number): Random
/** @param options `slowest`: milliseconds that the slowest handler sleeps, twice */
export declare function drawOp(random: Random, options: { users: readonly string[]; slowest: number }): Op
/** An id that no server has made; most are well formed. */
export declare function foreignId(random: Random): string
