import type { Scheduler } from 'fast-check'
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

/** Which call fails, counted from 0, and whether it has reached the store. */
export interface Fault {
  readonly call: number
  readonly landed: boolean
}

/** Runs a call that fails if there is a fault. */
export async function losing(fault: Fault | undefined, run: () => Promise<unknown>): Promise<unknown> {
  if (fault && !fault.landed) throw new Error('lost on its way there')
  const answer = await run()
  if (fault) throw new Error('lost on its way back')
  return answer
}

/** Lets a scheduler decide when each call begins and when its answer, or failure, arrives. */
export function inAnyOrder(s: Scheduler): Around {
  return async (name, run) => {
    await s.schedule(Promise.resolve(), `${name} begins`)
    try {
      return await run()
    } finally {
      await s.schedule(Promise.resolve(), `${name} answers`)
    }
  }
}
