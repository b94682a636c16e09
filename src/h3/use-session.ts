import { SessionError } from '../core/errors.js'
import type { Managed, NoFlash, SessionSchema, UseOptions } from '../session/scope.js'
import type { ReadonlySession, Session } from '../session/session.js'
import { type H3EventLike, headersOf, isEvent, requestOf, type UpgradeRequestLike } from './event.js'
import { findRoom } from './room.js'

/**
 * The session of a request, loaded on first use and then the same for the whole request; after `destroy()` a fresh one. Its
 * changes are stored when the response is about to leave.
 *
 * @param options `{ lock: true }` lets one request after the other have it
 * @throws SessionError `ERR_SESSION_NOT_INSTALLED` without `installSessions(app)`, StoreError when the store does not answer
 */
export function useSession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  event: H3EventLike,
  definition: Managed<S, F>,
  options?: UseOptions,
): Promise<Session<S, F>> {
  const room = findRoom(event)
  if (room) return room.use(event, definition, options)
  return Promise.reject(
    new SessionError(
      'ERR_SESSION_NOT_INSTALLED',
      'useSession(event, ...) found nothing that would store the session of this request. Call installSessions(app) from zession/h3 once, where the app is made; only then can handlers and middleware (not `config.onRequest` of h3 v2) use sessions.',
    ),
  )
}

/**
 * The session of a request as it is stored now, for code that only looks: streams, sockets, pages. It is never written or
 * kept alive, and needs no `installSessions`. A second call reads again.
 *
 * @param event the event, or the request of a WebSocket, which has none: `peer.request`
 * @throws StoreError when the store does not answer
 */
export async function useReadonlySession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  event: H3EventLike | UpgradeRequestLike,
  definition: Managed<S, F>,
): Promise<ReadonlySession<S, F>> {
  if (!isEvent(event)) return definition.manager.openReadonly(headersOf(event))
  return findRoom(event)?.look(event, definition) ?? definition.manager.openReadonly(requestOf(event))
}
