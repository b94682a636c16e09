/** What the app has asked of a session and not awaited yet. */
export class Calls {
  /** The last of the immediate calls in flight; never rejects. */
  #last: Promise<void> | undefined
  /** Immediate calls that have not ended. */
  #running: Set<Promise<void>> | undefined

  get isIdle(): boolean {
    return this.#last === undefined && (this.#running === undefined || this.#running.size === 0)
  }

  /**
   * Runs what reaches the store after everything that this request has begun before, awaited or not: a save beside a destroy
   * must not bring back what that ended. The commit waits for the last one.
   */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last ? this.#last.then(run) : run()
    const over = () => {
      if (this.#last === turn) this.#last = undefined
    }
    const turn = result.then(over, over)
    this.#last = turn
    return result
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
    while (this.#last) await this.#last
    return calls.flatMap((call): unknown[] => (call.status === 'rejected' ? [call.reason] : []))
  }
}
