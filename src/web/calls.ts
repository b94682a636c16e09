import { SessionConfigError, SessionError } from '../core/errors.js'
import { describeShape } from '../core/shape.js'
import { isObject } from '../core/value.js'
import { onlyOtherCopies } from '../edge/copies.js'

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
  return new SessionError(
    'ERR_SESSION_NOT_INSTALLED',
    onlyOtherCopies('web')
      ? 'useSession(request, ...) and withSessions(handler) came from two copies of zession, which do not see each other. Make it one: `npm ls zession` lists them, and a bundler must not inline one and leave the other outside.'
      : 'useSession(request, ...) found nothing that would store the session of this request. Wrap the handler of the server once, withSessions(handler) from zession/web, and pass the very Request that it was given: a copy (`new Request(request)`, `request.clone()`, which some middleware makes) has no session.',
  )
}

function isHeaders(headers: unknown): boolean {
  return isObject(headers) && typeof headers['get'] === 'function'
}
