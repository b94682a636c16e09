import type { SessionStore } from '../../src/stores/port.js'

type Call = 'read' | 'create' | 'update' | 'touch' | 'destroy' | 'move'

/** A store that also tells which calls reached it. `before` may delay or fail a call. */
export function countingStore<T extends SessionStore>(store: T, before?: (call: Call) => Promise<void> | undefined) {
  const calls: Call[] = []
  const wrapped = new Proxy(store, {
    get(target, property, receiver) {
      const member: unknown = Reflect.get(target, property, receiver)
      if (typeof member !== 'function') return member
      if (property === 'scan' || property === 'bySubject') return member.bind(target) as unknown
      return async (...args: unknown[]) => {
        if (property !== 'collectGarbage') {
          calls.push(property as Call)
          await before?.(property as Call)
        }
        return member.apply(target, args) as unknown
      }
    },
  })
  return { store: wrapped, calls }
}
