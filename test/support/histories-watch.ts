import type { SessionStore } from '../../src/stores/port.js'

/** The store calls of a run that have begun and not ended. */
export interface Calls {
  /** The same store, its calls counted. */
  watch(store: SessionStore): SessionStore
  underWay(): number
  /** Ends when none is under way. */
  ended(): Promise<void>
}

export function watchCalls(): Calls {
  let underWay = 0
  let wake: (() => void)[] = []

  async function counted<T>(call: () => Promise<T>): Promise<T> {
    underWay++
    try {
      return await call()
    } finally {
      if (--underWay === 0) {
        for (const each of wake) each()
        wake = []
      }
    }
  }

  async function* walked(records: AsyncIterable<unknown>) {
    const walk = records[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await counted(() => walk.next())
      if (done) return
      yield value
    }
  }

  const watch = (store: SessionStore): SessionStore =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        if (name === 'bySubject') return (...args: unknown[]) => walked(member.apply(target, args))
        return (...args: unknown[]) => counted(() => member.apply(target, args))
      },
    })

  return {
    watch,
    underWay: () => underWay,
    ended: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => wake.push(resolve))),
  }
}
