import { group, whole } from '../core/options/rule.js'
import { createPace } from '../core/pace.js'
import type { Engine } from './engine.js'

/** Options of `collectGarbage`. */
export interface GarbageOptions {
  /** How many records one call of the store may delete. @default 100 */
  readonly batch?: number
}

// A batch of none would never be the last one.
export const garbageRule = group<GarbageOptions>({ batch: whole('records', 1, Number.MAX_SAFE_INTEGER) })

const COLLECT_EVERY_MS = 60_000
/** Small, because an embedded database blocks the process meanwhile: SQLite takes about 5 ms for so many. */
const COLLECT_BATCH = 100
/** A call for more records could take longer than `storeTimeout`. */
const MAX_BATCH = 1000
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

/** All that has expired, in batches, so that no call holds a database long. @returns how many records were deleted */
export async function collectAllGarbage(engine: Engine, batch: number): Promise<number> {
  const pace = createPace()
  const size = Math.min(batch, MAX_BATCH)
  let total = 0
  for (;;) {
    const count = await engine.backend().collectGarbage(engine.clock(), size)
    total += count
    if (count < size) return total
    await pace()
  }
}

/**
 * Collects about every so many seconds, whatever the traffic. Each pause is up to a half longer or shorter, so that servers
 * started together do not collect together; the timer keeps no process alive. Errors go to the storeError hook.
 * @returns how to stop
 */
export function startCollecting(engine: Engine, everySeconds: number): () => void {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const schedule = () => {
    timer = setTimeout(run, everySeconds * 1000 * (0.5 + Math.random()))
    timer.unref()
  }
  const run = () => {
    collectAllGarbage(engine, COLLECT_BATCH)
      .catch((error: unknown) => {
        engine.emit('storeError', undefined, { error })
      })
      .finally(() => {
        if (!stopped) schedule()
      })
  }
  schedule()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
