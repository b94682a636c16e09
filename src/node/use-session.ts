import { assertDefinition, isDefinition } from '../edge/definition.js'
import type { Managed } from '../edge/request-sessions.js'
import { nodeRequest } from '../edge/requests.js'
import type { UseOptions } from '../edge/use-options.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { ReadonlySession, Session } from '../session/handle/session.js'
import { notInstalled, type RequestSource, requestIn } from './calls.js'
import { heldBy } from './held.js'

/**
 * The session of a request, loaded on first use and then the same for the whole request; after `destroy()` a fresh one. Its
 * changes are stored before the first byte of the response leaves.
 *
 * @param source the request of node or Express, Fastify's request, or the context of Koa
 * @param options `{ lock: true }` lets one request after the other have it
 * @throws SessionError `ERR_SESSION_NOT_INSTALLED` where nothing has installed the sessions; SessionConfigError for wrong
 * arguments; StoreError when the store does not answer
 */
export async function useSession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  source: RequestSource,
  definition: Managed<S, F>,
  options?: UseOptions,
): Promise<Session<S, F>> {
  const req = requestIn(source, 'useSession')
  if (!isDefinition(definition)) assertDefinition(definition, 'useSession(req, definition)')
  const held = heldBy(req)
  if (!held) throw notInstalled()
  return held.sessions.use(definition, nodeRequest(req), options)
}

/**
 * The session of a request as it is stored now, for code that only looks: streams, the request of an `upgrade`, pages. It is
 * never written or kept alive, and needs nothing installed. A second call reads again.
 *
 * @throws SessionConfigError for wrong arguments; StoreError when the store does not answer
 */
export async function useReadonlySession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  source: RequestSource,
  definition: Managed<S, F>,
): Promise<ReadonlySession<S, F>> {
  const req = requestIn(source, 'useReadonlySession')
  if (!isDefinition(definition)) assertDefinition(definition, 'useReadonlySession(req, definition)')
  const known = nodeRequest(req)
  return heldBy(req)?.sessions.look(definition, known) ?? definition.opener.openReadonly(known)
}
