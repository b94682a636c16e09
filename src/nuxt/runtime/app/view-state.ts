import { type Ref, shallowRef, useState } from '#imports'
import type { SessionView } from '../../file-types.js'

const UNKNOWN: SessionView = { status: 'unknown', data: {}, expiresAt: undefined, now: 0, waiting: [], hash: '' }

/** What this page knows of a session: one for all of its components, and handed from the server to the browser. */
export function viewState(name: string): Ref<SessionView> {
  // Shallow, because what the server exposes is frozen.
  return useState(`zession:${name}`, () => shallowRef(UNKNOWN))
}
