import { assertDefinition, isDefinition } from '../edge/definition.js'
import type { Managed } from '../edge/request-sessions.js'
import { type WebRequestLike, webRequest } from '../edge/requests.js'
import type { UseOptions } from '../edge/use-options.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { ReadonlySession, Session } from '../session/handle/session.js'
import { assertRequest, isRequest, notInstalled } from './calls.js'
import { isUpgrade, sessionsOf } from './request.js'

/**
 * The session of a request, loaded on first use and then the same for the whole request; after `destroy()` a fresh one. Its
 * changes are stored before the response is handed to the server. In a request for a WebSocket it can only be read.
 *
 * @param request the very one that `withSessions` was given, in Hono `c.req.raw`
 * @param options `{ lock: true }` lets one request after the other have it
 * @throws SessionError `ERR_SESSION_NOT_INSTALLED` without `withSessions(handler)`; SessionConfigError for wrong arguments;
 * StoreError when the store does not answer
 */
export async function useSession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  request: WebRequestLike,
  definition: Managed<S, F>,
  options?: UseOptions,
): Promise<Session<S, F>> {
  assertCall(request, definition, 'useSession')
  const sessions = sessionsOf(request)
  if (!sessions) throw notInstalled()
  // The type is wider than what it can do, and a write says so: only the request knows, not the code that serves it.
  if (isUpgrade(request)) return sessions.look(definition, webRequest(request)) as Promise<Session<S, F>>
  return sessions.use(definition, webRequest(request), options)
}

/**
 * The session of a request as it is stored now, for code that only looks: streams, sockets, pages. It is never written or
 * kept alive, and needs no `withSessions`. A second call reads again.
 *
 * @throws SessionConfigError for wrong arguments; StoreError when the store does not answer
 */
export async function useReadonlySession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  request: WebRequestLike,
  definition: Managed<S, F>,
): Promise<ReadonlySession<S, F>> {
  assertCall(request, definition, 'useReadonlySession')
  const known = webRequest(request)
  return sessionsOf(request)?.look(definition, known) ?? definition.opener.openReadonly(known)
}

function assertCall(request: unknown, definition: unknown, caller: string): void {
  if (!isRequest(request)) assertRequest(request, caller)
  if (!isDefinition(definition)) assertDefinition(definition, `${caller}(request, definition)`)
}
