import type { KeyModel } from '../schema/key.js'
import { defaultEntry, isComputing, record } from './access.js'
import { type Contents, draftOf, type Entry } from './contents.js'
import type { SessionState } from './state.js'

/** A function default that the app has seen is part of the session from its first write on, if it is among `kept`. */
export function withVolatileDefaults(state: SessionState, contents: Contents, kept?: ReadonlySet<string>): Contents {
  if (!state.defaults) return contents
  const missing = [...state.defaults].filter(
    ([key, { volatile }]) => volatile && !contents.data.has(key) && (!kept || kept.has(key)),
  )
  if (missing.length === 0) return contents
  const draft = draftOf(contents)
  for (const [key, entry] of missing) draft.data.set(key, entry)
  return draft
}

/**
 * The default of an absent key, for the app. One that would be another value in the next request (a random token, the time)
 * is stored with this response: what was handed out, in a form for instance, must be there when it comes back. If another
 * request has stored one first, that one stands.
 */
export function keptDefault(state: SessionState, model: KeyModel): Entry | undefined {
  const entry = defaultEntry(state, model)
  if (!entry?.volatile || state.phase !== 'open' || isComputing(state)) return entry
  const key = model.name
  // What is stored under the key and no longer accepted must not be overwritten by a mere read.
  if (state.view.carried.has(key)) return entry
  record(state, {
    kind: 'data',
    key,
    apply: (draft) => {
      if (!draft.data.has(key) && !draft.carried.has(key)) draft.data.set(key, entry)
    },
  })
  return entry
}
