import { type Contents, draftOf } from './contents.js'
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
