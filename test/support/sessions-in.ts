import type { Scannable, StoreKey } from '../../src/stores/port.js'

/** The keys of all records but the short-lived notes of where a session was moved (`moves.ts`). */
async function keysIn(store: Scannable): Promise<StoreKey[]> {
  const keys: StoreKey[] = []
  for await (const { key } of store.scan('')) if (!key.includes(':m1.')) keys.push(key)
  return keys
}

/** How many records there are beside those notes. */
export async function sizeOf(store: Scannable): Promise<number> {
  return (await keysIn(store)).length
}
