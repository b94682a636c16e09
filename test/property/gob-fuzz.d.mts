import type { decodeGobStream, gobTypes } from '../../src/adopt/gob.js'
import type { SessionError } from '../../src/core/errors.js'

export interface GobFuzzReport {
  /** How many streams gave values, in spite of their change. */
  readonly read: number
  readonly refused: Readonly<Record<string, number>>
  /** By processor time, the best of three. */
  readonly slowest: { readonly ms: number; readonly at: number; readonly size: number }
  /** The largest share of its limit of values that a stream took. */
  readonly most: number
  readonly failures: readonly { readonly at: number; readonly why: string; readonly stream: string }[]
}

export function fuzzGob(
  library: {
    readonly decodeGobStream: typeof decodeGobStream
    readonly gobTypes: typeof gobTypes
    readonly SessionError: typeof SessionError
  },
  samples: readonly Uint8Array[],
  options: { readonly runs: number; readonly seed: number; readonly maxMs: number },
): GobFuzzReport
