/** Runs calls one after another, each when the one before has ended. The first begins at once. */
export class Queue {
  /** The last call; never rejects. */
  #last: Promise<void> | undefined

  get isIdle(): boolean {
    return this.#last === undefined
  }

  inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last ? this.#last.then(run) : begin(run)
    const over = () => {
      if (this.#last === ended) this.#last = undefined
    }
    const ended = result.then(over, over)
    this.#last = ended
    return result
  }

  /** Waits until no call is left, those that come meanwhile included. */
  async ended(): Promise<void> {
    while (this.#last) await this.#last
  }
}

/** A queue as a function. */
export function inTurn(): <T>(run: () => Promise<T>) => Promise<T> {
  const queue = new Queue()
  return (run) => queue.inTurn(run)
}

/** Runs calls about one key one after another. Calls about different keys do not wait for each other. */
export function inTurnByKey<Key>(): <T>(key: Key, run: () => Promise<T>) => Promise<T> {
  const queues = new Map<Key, Queue>()
  return async (key, run) => {
    const queue = queues.get(key) ?? new Queue()
    queues.set(key, queue)
    try {
      return await queue.inTurn(run)
    } finally {
      if (queue.isIdle && queues.get(key) === queue) queues.delete(key)
    }
  }
}

/** At once; what it throws becomes its rejection. */
async function begin<T>(run: () => Promise<T>): Promise<T> {
  return run()
}
