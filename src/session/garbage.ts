import type { Engine } from './engine.js'

const COLLECT_EVERY_MS = 60_000
/** Small, because an embedded database blocks the process meanwhile: SQLite takes about 5 ms for so many. */
const COLLECT_BATCH = 100
const lastCollected = new WeakMap<Engine, number>()

/**
 * Expired records leave in small batches beside requests that add new ones, so that no app has to remember a job. Nobody
 * waits for it, and a full batch means there is more to do.
 */
export function collectSomeGarbage(engine: Engine): void {
  const now = engine.clock()
  if (!engine.policy.autoCollect || now - (lastCollected.get(engine) ?? 0) < COLLECT_EVERY_MS) return
  lastCollected.set(engine, now)
  engine
    .backend()
    .collectGarbage(now, COLLECT_BATCH)
    .then(
      (count) => {
        if (count >= COLLECT_BATCH) lastCollected.delete(engine)
      },
      (error: unknown) => {
        engine.emit('storeError', undefined, { error })
      },
    )
}
