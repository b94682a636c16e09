import type { KeyModel } from '../../schema/key.js'
import { type Contents, type Entry, toEntry } from '../record/contents.js'
import { Draft } from '../record/draft.js'

/** `volatile` when the default would be another value in the next request: a random token, the time. */
export type DefaultEntry = Entry & { readonly volatile: boolean }

/** The defaults that one request has computed, so that a function default is called once. */
export class Defaults {
  #known: Map<string, DefaultEntry> | undefined

  of(key: KeyModel): DefaultEntry | undefined {
    if (!key.hasDefault) return undefined
    const known = this.#known?.get(key.name)
    if (known) return known
    const typed = key.default()
    const entry = { ...toEntry(typed), volatile: typed.volatile }
    this.#known ??= new Map()
    this.#known.set(key.name, entry)
    return entry
  }

  /** A volatile default that the app has seen is part of the session from its first write on, if it is among `kept`. */
  completing(contents: Contents, kept?: ReadonlySet<string>): Contents {
    if (!this.#known) return contents
    const missing = [...this.#known].filter(
      ([key, { volatile }]) => volatile && !contents.data.has(key) && (!kept || kept.has(key)),
    )
    if (missing.length === 0) return contents
    const draft = new Draft(contents)
    for (const [key, entry] of missing) draft.data.set(key, entry)
    return draft.toContents()
  }

  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#known?.keys() ?? []) if (!keys.has(key)) this.#known?.delete(key)
  }
}
