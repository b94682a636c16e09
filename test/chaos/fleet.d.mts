import type { Place } from './places.mjs'

export interface Fleet {
  /** The ports of all servers. */
  endpoints(): number[]
  /** kill -9, and a new process on the same ports. */
  crash(index: number): Promise<void>
  stop(): Promise<void>
}

/** @param options `onLine` is told each line that a server prints */
export declare function startFleet(options: {
  dist: string
  store: Place['store']
  processes: number
  onLine: (line: string) => void
}): Promise<Fleet>
