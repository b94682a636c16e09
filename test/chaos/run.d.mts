import type { History } from './checker.mjs'
import type { Place } from './places.mjs'

export interface ChaosOptions {
  /** The URL of the built library's folder. */
  readonly dist: string
  readonly store: Place['store']
  readonly seed: number
  readonly requests: number
  readonly seconds?: number
  readonly processes: number
  readonly crashes: number
}

export declare function runChaos(options: ChaosOptions): Promise<History & { readonly seed: number }>
