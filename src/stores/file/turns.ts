/** Runs `run` when it is its turn, unless `signal` has aborted by then. */
export type InTurn = <T>(key: string, signal: AbortSignal | undefined, run: () => Promise<T>) => Promise<T>

/** Calls about one key run one after another; calls about different keys do not wait for each other. */
export function turns(): InTurn {
  const last = new Map<string, Promise<unknown>>()
  return (key, signal, run) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(() => {
      signal?.throwIfAborted()
      return run()
    })
    const settled = mine
      .catch(() => undefined)
      .then(() => {
        if (last.get(key) === settled) last.delete(key)
      })
    last.set(key, settled)
    return mine
  }
}
