import type { SessionStore } from '../../src/stores/port.js'

export type StoreCall = 'read' | 'create' | 'update' | 'touch' | 'destroy' | 'move' | 'collectGarbage'

/** Runs a call of the store, or not. */
export type Around = (name: StoreCall, run: () => Promise<unknown>) => Promise<unknown>

/**
 * A store with something around each of its calls; walks through its records stay as they are.
 * @param options.move false for one that moves nothing in one step
 */
export function storeAround<T extends SessionStore>(store: T, around: Around, { move = true } = {}): T {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      if (name === 'move' && !move) return undefined
      if (name === 'scan' || name === 'bySubject' || name === 'close') return member.bind(target) as unknown
      return (...args: unknown[]) =>
        around(name as StoreCall, async () => (await member.apply(target, args)) as unknown)
    },
  })
}
