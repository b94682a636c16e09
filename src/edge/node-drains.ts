type Listener = (...args: readonly unknown[]) => unknown
type Listen = (type: unknown, listener: Listener) => unknown

/** What is used of a response to hear of `drain`. */
interface Emitter {
  emit(event: 'drain'): unknown
  rawListeners?(event: 'drain'): readonly unknown[]
}

/**
 * Those who wait for `drain`, also where middleware that has wrapped the methods of the response (`compression` does) has taken
 * their listeners to a stream of its own, which may have nothing to drain when everything is released at once.
 */
export class Drains {
  readonly #res: Emitter
  readonly #listeners = new Set<Listener>()
  #heeded = true

  constructor(res: object) {
    this.#res = res as Emitter
    const own = res as Partial<Record<string, Listen>>
    for (const name of METHODS) if (Object.hasOwn(res, name)) own[name] = this.#noting(own[name] as Listen, name)
  }

  /** Calls all that have come since. One that is called too often looks again whether it may write. */
  wake(): void {
    this.#res.emit('drain')
    const reached = this.#res.rawListeners?.('drain') ?? []
    for (const listener of this.#listeners) if (!reached.includes(listener)) listener.call(this.#res)
  }

  /** From now on their owner calls them. */
  forget(): void {
    this.#heeded = false
    this.#listeners.clear()
  }

  #noting(listen: Listen, name: string): Listen {
    const res = this.#res
    return (type, listener) => {
      if (!this.#heeded || type !== 'drain') return listen.call(res, type, listener)
      const noted = ONCE.includes(name) ? onlyOnce(listener) : listener
      this.#listeners.add(noted)
      return listen.call(res, type, noted)
    }
  }
}

/** Node's own `once` calls `on`, with a listener that calls the app's once. */
const ONCE: readonly string[] = ['once', 'prependOnceListener']
const METHODS: readonly string[] = ['on', 'addListener', 'prependListener', ...ONCE]

function onlyOnce(listener: Listener): Listener {
  let called = false
  return function (this: unknown, ...args) {
    if (called) return
    called = true
    Reflect.apply(listener, this, args)
  }
}
