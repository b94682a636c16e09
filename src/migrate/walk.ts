import { pause } from '../core/timers.js'

/** How a walk goes through a store. */
export interface Walk {
  readonly batch: number
  readonly concurrency: number
  /** Items a second. */
  readonly rate: number
  readonly signal: AbortSignal | undefined
}

/**
 * Runs `run` on batches of items, a few at the same time. No more than these are in memory, however many there are.
 * @throws the first failure, once nothing is in flight any more
 */
export async function inBatches<T>(
  items: AsyncIterable<T>,
  walk: Walk,
  run: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  const { batch: size, concurrency, rate, signal } = walk
  const began = performance.now()
  const running = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  let taken = 0
  let batch: T[] = []

  async function start(): Promise<void> {
    const items = batch
    batch = []
    taken += items.length
    const early = (taken / rate) * 1000 - (performance.now() - began)
    if (early > 1) await pause(early)
    while (running.size >= concurrency) await Promise.race(running)
    const work = run(items).catch((error: unknown) => {
      failure ??= { error }
    })
    running.add(work)
    void work.then(() => running.delete(work))
  }

  try {
    for await (const item of items) {
      batch.push(item)
      if (batch.length >= size) await start()
      if (failure || signal?.aborted) break
    }
    if (batch.length > 0 && !failure && !signal?.aborted) await start()
  } finally {
    await Promise.all(running)
  }
  if (failure) throw failure.error
}
