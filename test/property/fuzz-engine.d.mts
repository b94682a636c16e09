import type { Codec, Transform } from '../../src/codec/port.js'
import type { decodeEnvelope, encodeEnvelope } from '../../src/codec/envelope.js'
import type { applyTransforms } from '../../src/codec/envelope-transforms.js'
import type * as errors from '../../src/core/errors.js'

export interface FuzzLibrary
  extends Pick<typeof errors, 'SessionError' | 'UnreadableRecordError' | 'MisdeployError' | 'CodecError'> {
  readonly codecs: readonly Codec[]
  readonly encodeEnvelope: typeof encodeEnvelope
  readonly decodeEnvelope: typeof decodeEnvelope
  readonly applyTransforms: typeof applyTransforms
  compress(options: { above: number }): Transform
  seal(secrets: string[], options?: { holder?: boolean }): Transform
}

export interface FuzzReport {
  /** How many records gave a value, in spite of their change. */
  readonly read: number
  readonly refused: Readonly<Record<string, number>>
  /** By processor time, the best of three. */
  readonly slowest: { readonly ms: number; readonly at: unknown; readonly size: number }
  /** The largest share of its limit that a value took. */
  readonly heaviest: number
  readonly failures: readonly { readonly at: unknown; readonly why: string; readonly record: string }[]
}

export function fuzz(library: FuzzLibrary, options: { runs: number; seed: number; maxMs: number }): FuzzReport
export function readBombs(library: FuzzLibrary, options: { maxMs: number }): FuzzReport
