import { assertDefinition, isDefinition } from '../edge/definition.js'
import type { Managed } from '../edge/request-sessions.js'
import type { UseOptions } from '../edge/use-options.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { ReadonlySession, Session } from '../session/handle/session.js'
import { refuseShared } from './cached.js'
import { assertEvent, notInstalled } from './calls.js'
import { type H3EventLike, headersOf, isEvent, requestOf, type UpgradeRequestLike } from './event.js'
import { type EventSessions, sessionsOf } from './event-sessions.js'

/**
 * The session of a request, loaded on first use and then the same for the whole request; after `destroy()` a fresh one. Its
 * changes are stored when the response is about to leave.
 *
 * @param options `{ lock: true }` lets one request after the other have it
 * @throws SessionError `ERR_SESSION_NOT_INSTALLED` without `installSessions(app)`, `ERR_SESSION_CACHED` where the answer is kept
 * for other visitors; SessionConfigError for wrong arguments; StoreError when the store does not answer
 */
export function useSession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  event: H3EventLike,
  definition: Managed<S, F>,
  options?: UseOptions,
): Promise<Session<S, F>> {
  let sessions: EventSessions | undefined
  try {
    sessions = sessionsFor(event, definition, 'useSession')
  } catch (error) {
    return Promise.reject(error)
  }
  return sessions ? sessions.use(definition, requestOf(event), options) : Promise.reject(notInstalled())
}

/**
 * The session of a request as it is stored now, for code that only looks: streams, sockets, pages. It is never written or
 * kept alive, and needs no `installSessions`. A second call reads again.
 *
 * @param event the event, or the request of a WebSocket, which has none: `peer.request`
 * @throws SessionError `ERR_SESSION_CACHED` where the answer is kept for other visitors; SessionConfigError for wrong arguments;
 * StoreError when the store does not answer
 */
export async function useReadonlySession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  event: H3EventLike | UpgradeRequestLike,
  definition: Managed<S, F>,
): Promise<ReadonlySession<S, F>> {
  if (!isEvent(event)) {
    assertEvent(event, 'useReadonlySession', true)
    assertDefinition(definition, 'useReadonlySession(event, definition)')
    return definition.opener.openReadonly(headersOf(event))
  }
  const sessions = sessionsFor(event, definition, 'useReadonlySession')
  return sessions?.look(definition, requestOf(event)) ?? definition.opener.openReadonly(requestOf(event))
}

/** The sessions that an event may use. @throws SessionConfigError, SessionError */
function sessionsFor(event: H3EventLike, definition: unknown, caller: string): EventSessions | undefined {
  let sessions: EventSessions | undefined
  try {
    sessions = sessionsOf(event)
  } catch {
    // What is no event is looked at closely only now, so that events pay nothing for it.
  }
  if (!sessions) assertEvent(event, caller)
  if (!isDefinition(definition)) assertDefinition(definition, `${caller}(event, definition)`)
  refuseShared(event, sessions)
  return sessions
}
