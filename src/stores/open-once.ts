import { StoreError } from '../core/errors.js'

/** A connection that a store opens on first use, or never. */
export interface OpenOnce<T> {
  /**
   * Opens, or answers what was opened. A failed opening is forgotten, so that the next call tries again.
   * @throws StoreError when closed, and the reason of a signal that has aborted by the time it is open
   */
  get(signal: AbortSignal | undefined): Promise<T>
  /** Ends what is no use any more, so that the next call opens anew; unless somebody else has done so already. */
  discard(resource: T): Promise<void>
  /** Final. Ends what was opened, if it was. */
  close(): Promise<void>
}

/**
 * @param store the store's factory, for the message: `sqliteStore`
 * @param open given the signal of the call that is first. All calls wait for it, so it has to end once that signal aborts.
 */
export function openOnce<T>(
  store: string,
  open: (signal: AbortSignal | undefined) => Promise<T>,
  end: (opened: T) => unknown,
): OpenOnce<T> {
  let opened: Promise<T> | undefined
  let current: T | undefined
  let closed = false
  return {
    async get(signal) {
      if (closed) throw new StoreError(`This ${store} is closed. Make a new one, or close it later.`)
      opened ??= open(signal).then(
        (resource) => (current = resource),
        (error: unknown) => {
          opened = undefined
          throw error
        },
      )
      const resource = await opened
      signal?.throwIfAborted()
      return resource
    },
    async discard(resource) {
      if (closed || resource !== current) return
      opened = undefined
      current = undefined
      await end(resource)
    },
    async close() {
      closed = true
      const resource = await opened?.catch(() => undefined)
      opened = undefined
      if (resource !== undefined) await end(resource)
    },
  }
}
