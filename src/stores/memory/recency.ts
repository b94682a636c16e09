/** A value in the order of its last use. */
export interface Used<T> {
  value: T
  newer: Used<T> | undefined
  older: Used<T> | undefined
}

/**
 * Values from the least to the most recently used, as a linked list: every step is O(1) and leaves nothing behind. (A Map
 * reordered by "delete, then set" looks simpler, but its first key is found over the holes of all earlier ones, and an iterator
 * kept at the front retains every table that the Map has outgrown.)
 */
export class Recency<T> {
  #newest: Used<T> | undefined
  #oldest: Used<T> | undefined

  get oldest(): T | undefined {
    return this.#oldest?.value
  }

  add(value: T): Used<T> {
    const entry: Used<T> = { value, newer: undefined, older: this.#newest }
    if (this.#newest) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
    return entry
  }

  use(entry: Used<T>): void {
    if (entry === this.#newest) return
    this.remove(entry)
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
  }

  remove({ newer, older }: Used<T>): void {
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
  }
}
