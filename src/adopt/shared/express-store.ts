import { made } from '../../core/options/rule.js'

/** A store of express-session, which @fastify/session takes too: the very object that the old app has. */
export interface ExpressStore {
  /**
   * Calls back with the session of an id, as an object or as JSON, or with nothing when there is none. An error with
   * the code `ENOENT` says so too; any other one is taken for an outage of the old store.
   */
  get(id: string, callback: (error: unknown, session?: unknown) => void): unknown
  /**
   * Ends the session of an id, where `adopt` has `old: 'end'`, and calls back once that is done or has failed. A
   * failure leaves the adopted session as it is.
   */
  destroy(id: string, callback?: (error?: unknown) => void): unknown
}

/** Where an old app keeps its records. */
export interface OldStore {
  /** The record as an object or as JSON; nothing when there is none, or none that is alive at `now`, in milliseconds since the Unix epoch. */
  read(id: string, now: number): Promise<unknown>
  /** Ends it. */
  end(id: string): Promise<unknown>
}

/** A store of theirs has `get` and `destroy`, one of ours `read` and `end`. */
export const oldStoreRule = made<ExpressStore | OldStore>(
  'the store of the old app, or `{ read, end }`',
  [],
  (value: Readonly<Record<string, unknown>>) => {
    const has = (...names: readonly string[]) => names.every((name) => typeof value[name] === 'function')
    return has('read', 'end') || has('get', 'destroy')
  },
)

/** One shape for both. */
export function toOldStore(store: ExpressStore | OldStore): OldStore {
  if ('read' in store) return store
  return {
    read: (id) => called((done) => store.get(id, done)),
    end: (id) => called((done) => store.destroy(id, done)),
  }
}

function called(call: (done: (error: unknown, result?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown, result?: unknown) => {
      if (!error) resolve(result)
      // What stores of files say of a session that is not there; express-session takes it so too.
      else if ((error as { code?: unknown }).code === 'ENOENT') resolve(undefined)
      else reject(error instanceof Error ? error : new Error('The store of the old sessions failed.', { cause: error }))
    }
    // A store may be an async function that rejects beside its callback.
    Promise.resolve(call(done)).catch(done)
  })
}
