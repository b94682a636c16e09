/** Runs calls one after another, each when the one before has ended. The first begins at once. */
export function inTurn(): <T>(run: () => Promise<T>) => Promise<T> {
  const byKey = inTurnByKey<undefined>()
  return (run) => byKey(undefined, run)
}

/** Runs calls about one key one after another. Calls about different keys do not wait for each other. */
export function inTurnByKey<Key>(): <T>(key: Key, run: () => Promise<T>) => Promise<T> {
  const last = new Map<Key, Promise<void>>()
  return <T>(key: Key, run: () => Promise<T>) => {
    const before = last.get(key)
    const mine = before ? before.then(run) : begin(run)
    const forget = () => {
      if (last.get(key) === ended) last.delete(key)
    }
    const ended = mine.then(forget, forget)
    last.set(key, ended)
    return mine
  }
}

/** At once; what it throws becomes its rejection. */
async function begin<T>(run: () => Promise<T>): Promise<T> {
  return run()
}
