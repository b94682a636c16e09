import { createPace } from '../core/pace.js'
import type { StoreCallOptions } from './port.js'

/**
 * Deletes expired records in parts, for databases that run in this process: a statement or transaction blocks it, and the writers
 * of all others, while it runs.
 * @param atOnce how many one part may have
 * @param collect deletes at most so many, and returns how many it has deleted
 */
export async function collectInParts(
  limit: number,
  atOnce: number,
  options: StoreCallOptions | undefined,
  collect: (most: number) => Promise<number>,
): Promise<number> {
  const pace = createPace()
  let deleted = 0
  for (;;) {
    const most = Math.min(atOnce, limit - deleted)
    const count = await collect(most)
    deleted += count
    // What nobody waits for any more begins nothing new.
    if (count < most || deleted >= limit || options?.signal?.aborted) return deleted
    await pace()
  }
}
