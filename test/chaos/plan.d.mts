import type { Op } from './checker.mjs'

export interface Random {
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K
}

export declare function createRandom(seed: number): Random
export interface PlanOptions {
  readonly users: readonly string[]
  /** Milliseconds that the slowest handler sleeps, twice. */
  readonly slowest: number
  /** The definition, where its clients do other things than usual. */
  readonly def?: string
}

export declare function drawOp(random: Random, options: PlanOptions): Op
/** What a request does that uses two definitions. */
export declare function drawPair(random: Random, options: Pick<PlanOptions, 'slowest'>): [Op, Op]
/** @param id a signed one */
export declare function forgedId(random: Random, id: string): string
/** An id that no server has made; most are well formed. */
export declare function foreignId(random: Random): string
