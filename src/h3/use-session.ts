import type { Managed, NoFlash, SessionSchema, UseOptions } from '../session/scope.js'
import type { ReadonlySession, Session } from '../session/session.js'
import { refuseShared } from './cached.js'
import { assertDefinition, assertEvent, isDefinition, notInstalled } from './calls.js'
import { type H3EventLike, headersOf, isEvent, requestOf, type UpgradeRequestLike } from './event.js'
import { findRoom, type Room } from './room.js'

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
  let room: Room | undefined
  try {
    room = roomFor(event, definition, 'useSession')
  } catch (error) {
    return Promise.reject(error)
  }
  return room ? room.use(event, definition, options) : Promise.reject(notInstalled())
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
    assertDefinition(definition, 'useReadonlySession')
    return definition.manager.openReadonly(headersOf(event))
  }
  const room = roomFor(event, definition, 'useReadonlySession')
  return room?.look(event, definition) ?? definition.manager.openReadonly(requestOf(event))
}

/** The room that an event may use. @throws SessionConfigError, SessionError */
function roomFor(event: H3EventLike, definition: unknown, caller: string): Room | undefined {
  let room: Room | undefined
  try {
    room = findRoom(event)
  } catch {
    // What is no event is looked at closely only now, so that events pay nothing for it.
  }
  if (!room) assertEvent(event, caller)
  if (!isDefinition(definition)) assertDefinition(definition, caller)
  refuseShared(event, room)
  return room
}
