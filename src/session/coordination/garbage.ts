import { group, whole } from '../../core/options/rule.js'
import { createPace } from '../../core/pace.js'
import { type SessionRecords, tellOther } from '../record/records.js'

/** Options of `collectGarbage`. */
export interface GarbageOptions {
  /** How many records one call of the store may delete. @default 100 */
  readonly batch?: number
}

// A batch of none would never be the last one.
export const garbageRule = group<GarbageOptions>({ batch: whole('records', 1, Number.MAX_SAFE_INTEGER) })

const COLLECT_EVERY_MS = 60_000
/** Small, because an embedded database blocks the process meanwhile: SQLite takes about 5 ms for this many. */
const COLLECT_BATCH = 100
/** A call for more records could take longer than `storeTimeout`. */
const MAX_BATCH = 1000

/** Collects the expired records of one definition. */
export class GarbageCollector {
  readonly #records: SessionRecords
  readonly #automatic: boolean
  #lastCollected = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** @param automatic whether `collectSome` does anything */
  constructor(records: SessionRecords, automatic: boolean) {
    this.#records = records
    this.#automatic = automatic
  }

  /**
   * Deletes expired records in a small batch, beside requests that add new ones, so that no app needs a job for it. No request waits for
   * it. A full batch means that there is more to do.
   */
  collectSome(): void {
    const now = this.#records.clock()
    if (!this.#automatic || now - this.#lastCollected < COLLECT_EVERY_MS) return
    this.#lastCollected = now
    this.#records
      .store()
      .collectGarbage(now, COLLECT_BATCH)
      .then(
        (count) => {
          if (count >= COLLECT_BATCH) this.#lastCollected = 0
        },
        (error: unknown) => tellOther(this.#records, undefined, error),
      )
  }

  /**
   * Collects about every `everySeconds`, whatever the traffic. Each pause is up to a half longer or shorter, so that servers that were
   * started together do not collect together. The timer keeps no process alive. Errors go to the `storeError` hook.
   */
  start(everySeconds: number): void {
    const run = () => {
      this.collectAll(COLLECT_BATCH)
        .catch((error: unknown) => tellOther(this.#records, undefined, error))
        .finally(() => {
          if (!this.#stopped) this.start(everySeconds)
        })
    }
    this.#timer = setTimeout(run, everySeconds * 1000 * (0.5 + Math.random()))
    this.#timer.unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** All that has expired, in batches, so that no call holds a database long. @returns how many records were deleted */
  async collectAll(batch: number): Promise<number> {
    const pace = createPace()
    const size = Math.min(batch, MAX_BATCH)
    let total = 0
    for (;;) {
      const count = await this.#records.store().collectGarbage(this.#records.clock(), size)
      total += count
      if (count < size) return total
      await pace()
    }
  }
}
