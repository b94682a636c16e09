import type { SessionStore } from '../../src/stores/port.js'
import { type StoreCall, storeAround } from './store-around.js'

type Call = Exclude<StoreCall, 'collectGarbage'>

/** A store that also tells which calls reached it. `before` may delay or fail a call. */
export function countingStore<T extends SessionStore>(store: T, before?: (call: Call) => Promise<void> | undefined) {
  const calls: Call[] = []
  const counting = storeAround(store, async (name, run) => {
    if (name !== 'collectGarbage') {
      calls.push(name)
      await before?.(name)
    }
    return run()
  })
  return { store: counting, calls }
}
