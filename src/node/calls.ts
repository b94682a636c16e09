import { SessionConfigError, type SessionError } from '../core/errors.js'
import { describeShape } from '../core/shape.js'
import { isObject } from '../core/value.js'
import type { NodeRequestLike } from '../edge/requests.js'
import { isHeaders, notInstalledError } from '../edge/wrong-calls.js'

/** A request of node or Express, Fastify's request, or the context of Koa. */
export type RequestSource =
  | NodeRequestLike
  | {
      /** Of Fastify: the request of node. */
      readonly raw: NodeRequestLike
    }
  | {
      /** Of Koa: the request of node. */
      readonly req: NodeRequestLike
    }

/** The request of node in it. @throws SessionConfigError when there is none */
export function requestIn(source: unknown, caller: string): NodeRequestLike {
  const { raw, req } = isObject(source) ? source : {}
  for (const each of [raw, req, source]) if (isNodeRequest(each)) return each
  throw new SessionConfigError(
    `${caller}(req, definition) needs the request of node or Express, of Fastify, or the context of Koa as its first argument, and got ${describeShape(source)}.${hintFor(source)}`,
  )
}

export function notInstalled(): SessionError {
  return notInstalledError({
    edge: 'node',
    call: 'useSession(req, ...)',
    installer: 'what installed the sessions',
    remedy:
      'Install the sessions before the handlers: app.use(sessions()) in Express and connect, app.register(fastifySessions) in Fastify, app.use(koaSessions()) in Koa, all from zession/node.',
  })
}

function isNodeRequest(source: unknown): source is NodeRequestLike {
  return isObject(source) && isObject(source['headers']) && !isWeb(source)
}

function isWeb(source: unknown): boolean {
  return isObject(source) && isHeaders(source['headers'])
}

function hintFor(source: unknown): string {
  if (isWeb(source)) return ' A web Request belongs to `zession/web`.'
  const { node, req } = isObject(source) ? source : {}
  return isObject(node) || isWeb(req) ? ' An event of h3 belongs to `zession/h3`.' : ''
}
