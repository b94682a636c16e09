import { createPace } from './pace.js'

/** How many items are processed at the same time. */
const PARALLEL = 16

/**
 * Runs `run` on each item, several at a time, and yields to the event loop in between.
 * @throws the first failure of a batch, once the whole batch has settled
 */
export async function forEach<T>(
  items: AsyncIterable<T> | Iterable<T>,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const pace = createPace()
  let batch: T[] = []
  const runBatch = async () => {
    const results = await Promise.allSettled(batch.map(run))
    batch = []
    for (const result of results) if (result.status === 'rejected') throw result.reason
    await pace()
  }
  for await (const item of items) {
    batch.push(item)
    if (batch.length === PARALLEL) await runBatch()
  }
  if (batch.length > 0) await runBatch()
}
