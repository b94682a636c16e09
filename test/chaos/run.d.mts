import type { History } from './checker.mjs'
import type { Server } from '../services/process.mjs'
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
  /** What else befalls the run, spread over it: the server of the store is killed, or silent. */
  readonly outages?: readonly (() => Promise<void>)[]
}

export declare function runChaos(options: ChaosOptions): Promise<History & { readonly seed: number }>

/** A `kill -9` and a start on the same data, and a silence that is shorter than any `storeTimeout`. */
export declare function outagesOf(server: Server): (() => Promise<void>)[]
