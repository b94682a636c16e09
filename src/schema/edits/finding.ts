import type { Level } from './fit.js'

/** What one side of a deploy makes of the records of the other. */
export interface Finding {
  readonly path: string
  readonly level: Exclude<Level, 'safe'>
  readonly reason: string
  readonly remedy?: string | undefined
}
