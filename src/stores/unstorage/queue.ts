const tails = new Map<string, Promise<unknown>>()

/**
 * Runs what concerns one place after everything that was asked of it before, whichever store of this process asked:
 * Nitro makes a new storage object for each `useStorage()`, so a queue for each object would not do.
 */
export async function alone<T>(place: string, run: () => Promise<T>): Promise<T> {
  const before = tails.get(place)
  const mine = before ? before.then(run) : run()
  const tail = mine.catch(() => {})
  tails.set(place, tail)
  try {
    return await mine
  } finally {
    if (tails.get(place) === tail) tails.delete(place)
  }
}
