import { SessionConfigError, type SessionError } from '../core/errors.js'
import { describeShape } from '../core/shape.js'
import { isObject } from '../core/value.js'
import { isHeaders, notInstalledError } from '../edge/wrong-calls.js'

/** Wrong calls of the functions of this folder, looked into only when the right one did not work. */

export function isRequest(request: unknown): boolean {
  return isObject(request) && isHeaders(request['headers'])
}

/** @throws SessionConfigError unless it is a web request */
export function assertRequest(request: unknown, caller: string): void {
  if (isRequest(request)) return
  throw new SessionConfigError(
    `${caller}(request, definition) needs the web \`Request\` as its first argument, and got ${describeShape(request)}.${hintFor(request)}`,
  )
}

function hintFor(source: unknown): string {
  const { req, request, headers } = isObject(source) ? source : {}
  if (isRequest(request)) return ' It has one in `request`: pass that.'
  if (isObject(req) && isRequest(req['raw'])) return ' The context of Hono has one in `c.req.raw`: pass that.'
  if (isRequest(req)) return ' The event of h3 2 has one in `event.req`; `zession/h3` takes the event itself.'
  return isObject(headers) ? ' It looks like a request of node: `zession/node` takes those.' : ''
}

export function notInstalled(): SessionError {
  return notInstalledError({
    edge: 'web',
    call: 'useSession(request, ...)',
    installer: 'withSessions(handler)',
    remedy:
      'Wrap the handler of the server once, withSessions(handler) from zession/web, and pass the very Request that it was given: a copy (`new Request(request)`, `request.clone()`, which some middleware makes) has no session.',
  })
}
