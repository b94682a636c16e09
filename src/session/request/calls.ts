import { Queue } from '../../core/in-turn.js'

/**
 * What the app has asked of a session and not awaited yet. What reaches the store goes through the queue, after everything that
 * this request has begun before: a save beside a destroy must not bring back what that ended.
 */
export class Calls {
  readonly #queue = new Queue()
  /** Immediate calls that have not ended. */
  #running: Set<Promise<void>> | undefined

  get isIdle(): boolean {
    return this.#queue.isIdle && (this.#running === undefined || this.#running.size === 0)
  }

  /** Runs a call after those before it. The commit waits for the last one. */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    return this.#queue.inTurn(run)
  }

  /** Notes an immediate call until it has ended. */
  track(call: Promise<void>): Promise<void> {
    const tracked: Promise<void> = call.finally(() => void this.#running?.delete(tracked))
    this.#running ??= new Set()
    this.#running.add(tracked)
    return tracked
  }

  /** Waits for everything that the app has begun and not awaited. @returns what of it has failed: nobody else will hear of it */
  async ended(): Promise<readonly unknown[]> {
    const calls = this.#running ? await Promise.allSettled(this.#running) : []
    await this.#queue.ended()
    return calls.flatMap((call): unknown[] => (call.status === 'rejected' ? [call.reason] : []))
  }
}
