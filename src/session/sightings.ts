import type { Engine } from './engine.js'

/** How many marks are remembered. The oldest is dropped first: its waiters then wait once more from the beginning. */
const MAX_WATCHED = 10_000

interface Sighting {
  readonly mark: string
  readonly since: number
}

const watched = new WeakMap<Engine, Map<string, Sighting>>()

/**
 * For how long this process has seen the same mark, in milliseconds of its own monotonic clock. So a server detects that another
 * has died without comparing clocks. The sightings are kept between requests, as a single request does not wait that long.
 * @param mark a value that changes with every sign of life
 */
export function unchangedFor(engine: Engine, what: string, mark: string): number {
  const all = watched.get(engine) ?? new Map<string, Sighting>()
  watched.set(engine, all)
  const now = performance.now()
  const known = all.get(what)
  if (known?.mark === mark) return now - known.since
  all.delete(what)
  all.set(what, { mark, since: now })
  const [oldest] = all.keys()
  if (all.size > MAX_WATCHED && oldest !== undefined) all.delete(oldest)
  return 0
}

/** Drops what is known of it, once nobody waits for it any more. */
export function forget(engine: Engine, what: string): void {
  watched.get(engine)?.delete(what)
}
