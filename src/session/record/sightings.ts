/** How many marks are remembered. The oldest is dropped first: its waiters then wait once more from the beginning. */
const MAX_WATCHED = 10_000

interface Sighting {
  readonly mark: string
  readonly since: number
}

/**
 * For how long this process has seen the same mark, by its own monotonic clock. So a server detects that another has died
 * without comparing clocks. The sightings are kept between requests, as a single request does not wait that long.
 */
export class Sightings {
  readonly #seen = new Map<string, Sighting>()

  /** In milliseconds. @param mark a value that changes with every sign of life */
  unchangedFor(what: string, mark: string): number {
    const now = performance.now()
    const known = this.#seen.get(what)
    if (known?.mark === mark) return now - known.since
    this.#seen.delete(what)
    this.#seen.set(what, { mark, since: now })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > MAX_WATCHED && oldest !== undefined) this.#seen.delete(oldest)
    return 0
  }

  /** Drops what is known of it, once nobody waits for it any more. */
  forget(what: string): void {
    this.#seen.delete(what)
  }
}
