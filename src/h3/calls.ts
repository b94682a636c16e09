import { SessionConfigError, type SessionError } from '../core/errors.js'
import { describeShape } from '../core/shape.js'
import { isObject } from '../core/value.js'
import { isHeaders, notInstalledError } from '../edge/wrong-calls.js'

/** Wrong calls of the functions of this folder, looked into only when the right one did not work. */

/** @throws SessionConfigError unless it is an event of h3, or where allowed the request of a WebSocket */
export function assertEvent(source: unknown, caller: string, mayBeRequest = false): void {
  const { node, req, headers, request } = isObject(source) ? source : {}
  if (isNodePair(node) || (isObject(req) && isHeaders(req['headers']))) return
  if (isHeaders(headers)) {
    if (mayBeRequest) return
    throw new SessionConfigError(
      `${caller}(event, definition) got a Request instead of an h3 event. In a WebSocket, whose session cannot be written, call useReadonlySession(request, definition).`,
    )
  }
  const hint =
    isObject(request) && isHeaders(request['headers'])
      ? ' The peer of a WebSocket has one in `peer.request`: call useReadonlySession(peer.request, definition).'
      : isObject(headers)
        ? ' It looks like a request of node or Express: pass the event that h3 gives to the handler.'
        : ''
  throw new SessionConfigError(
    `${caller}(event, definition) needs the event of an h3 handler as its first argument, and got ${describeShape(source)}.${hint}`,
  )
}

export function notInstalled(): SessionError {
  return notInstalledError({
    edge: 'h3',
    call: 'useSession(event, ...)',
    installer: 'installSessions(app)',
    remedy:
      'Call installSessions(app) from zession/h3 once, where the app is made; only then can handlers and middleware (not `config.onRequest` of h3 v2) use sessions.',
  })
}

export function notAnApp(app: unknown): SessionConfigError {
  const { handler, get, handle, settings } = typeof app === 'function' || isObject(app) ? (app as never) : ({} as never)
  const hint =
    typeof handle === 'function' && settings !== undefined
      ? ' An Express app is none.'
      : typeof handler === 'function' && typeof get === 'function'
        ? ' A router is none: pass the app that uses it.'
        : ''
  return new SessionConfigError(
    `installSessions(app) needs an h3 app: \`new H3()\` of h3 v2, \`createApp()\` of h3 v1, or the argument of a Nitro plugin. It got ${describeShape(app)}.${hint}`,
  )
}

function isNodePair(node: unknown): boolean {
  return isObject(node) && isObject(node['req']) && isObject(node['res'])
}
