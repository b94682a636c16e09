import type { AsyncLocalStorage } from 'node:async_hooks'
import { SessionConfigError } from '../core/errors.js'
import { isObject } from '../core/value.js'
import type { AppSessions } from '../edge/request-sessions.js'
import { dropCookie, type EdgeResponse, nowhere, webResponse } from '../edge/response.js'
import { cancelBody, HTTP_RESPONSE, isHttpResponse, statusOr } from './body.js'
import { type H3V2EventLike, responseOf } from './event.js'
import { type EventSessions, openSessions, sessionsOf } from './event-sessions.js'
import { toHttpError } from './http-error.js'

/** What is used of an h3 v2 app. */
export interface H3V2AppLike {
  /** What `new H3()` was given. */
  readonly config: object
  /** What `app.use` has added. */
  readonly '~middleware': unknown[]
  /** Answers a web request. */
  fetch(request: never): unknown
}

interface Config {
  onError?: (error: Error, event: H3V2EventLike) => unknown
}

/**
 * @param handling where requests inside others find those of the outer one
 * @throws SessionConfigError when the app already serves
 */
export function installV2(app: H3V2AppLike, common: AppSessions, handling?: AsyncLocalStorage<EventSessions>): void {
  const config = app.config as Config
  if (Object.isFrozen(config)) {
    throw new SessionConfigError('installSessions(app) came after serve(app), which freezes the app. Call it first.')
  }
  const middleware = (event: H3V2EventLike, next: () => unknown) => {
    if (sessionsOf(event)) return next()
    const sessions = openSessions(event, { app: common, outer: handling?.getStore() })
    const run = () => around(event, sessions, next)
    return handling ? handling.run(sessions, run) : run()
  }
  // First in line, so that middleware registered earlier can use sessions too. Nitro's app is an `H3Core`, without `use`.
  app['~middleware'].unshift(middleware)
  Object.assign(app, { '~dispatch': undefined, '~composed': undefined })
  const { onError } = config
  if (onError) config.onError = async (error, event) => withSessionHeaders(await onError(error, event), event)
}

async function around(event: H3V2EventLike, sessions: EventSessions, next: () => unknown): Promise<unknown> {
  let answer: unknown
  try {
    answer = await next()
  } catch (error) {
    await refuse(sessions, event, error)
    throw toHttpError(error)
  }
  const status = answerStatus(answer, event)
  try {
    await commit(sessions, status, responseFor(answer, status, event), answer)
    await undeliverIfGone(sessions, event)
  } catch (error) {
    cancelBody(answer)
    throw toHttpError(error)
  }
  return toHttpError(withoutOurCookies(answer, sessions))
}

/** @throws what becomes the answer instead */
async function refuse(sessions: EventSessions, event: H3V2EventLike, error: unknown): Promise<void> {
  try {
    await commit(sessions, thrownStatus(error), responseOf(event), error)
    await undeliverIfGone(sessions, event)
  } catch (refusal) {
    throw toHttpError(refusal)
  }
}

async function commit(sessions: EventSessions, status: number, response: EdgeResponse, answer: unknown): Promise<void> {
  if (sessions.used) keepVary(answer, response)
  await sessions.commit(status, response, answer)
  // Not before: when the answer will be had does not hold for an error in its place.
  if (sessions.used) keepRetryAfter(answer, response)
}

/** h3 has sent nothing yet, so of a response of node's that is destroyed by now nobody will see anything. */
async function undeliverIfGone(sessions: EventSessions, { runtime }: H3V2EventLike): Promise<void> {
  const res = runtime?.node?.res
  if (res?.destroyed && !res.headersSent) await sessions.undeliver()
}

function responseFor(answer: unknown, status: number, event: H3V2EventLike): EdgeResponse {
  // A WebSocket route hangs its hooks on its answer; merging headers into that would make another one without them.
  if (answer instanceof Response && 'crossws' in answer) return nowhere
  return responseOf(event, status < 400 && !(answer instanceof Error))
}

/** h3 replaces an answer's headers by the event's, so the event's must hold both. */
function keepVary(answer: unknown, response: EdgeResponse): void {
  for (const name of headersIn(answer)?.get('vary')?.split(',') ?? []) response.vary(name.trim())
}

function keepRetryAfter(answer: unknown, response: EdgeResponse): void {
  const retryAfter = headersIn(answer)?.get('retry-after')
  if (retryAfter) response.setHeader('retry-after', retryAfter)
}

function headersIn(answer: unknown): Headers | undefined {
  const headers = isObject(answer) ? answer['headers'] : undefined
  return headers instanceof Headers ? headers : undefined
}

/** Of cookies alone h3 sends the answer's and the event's, so the answer must have none of those that the event sets. */
function withoutOurCookies(answer: unknown, sessions: EventSessions): unknown {
  if (!sessions.used || !(answer instanceof Response || isHttpResponse(answer))) return answer
  const own = answer.headers?.getSetCookie().length ?? 0
  if (own === 0) return answer
  const headers = new Headers(answer.headers)
  sessions.announce({ ...nowhere, setCookie: (name) => dropCookie(headers, name) })
  if (headers.getSetCookie().length === own) return answer
  // The app may send the same object twice, so it is not changed.
  if (answer instanceof Response) return withHeaders(answer, headers)
  const { body, status, statusText } = answer
  return { [HTTP_RESPONSE]: true, body, status, statusText, headers }
}

function thrownStatus(error: unknown): number {
  if (typeof error === 'number') return statusOr(error, 500)
  if (error === NOT_FOUND) return 404
  if (!(error instanceof Error)) return 500
  const { status, statusCode, cause } = error as Error & { status?: unknown; statusCode?: unknown }
  const { status: causeStatus, statusCode: causeStatusCode } = isObject(cause) ? cause : {}
  return statusOr(status || statusCode || causeStatus || causeStatusCode, 500)
}

function answerStatus(answer: unknown, event: H3V2EventLike): number {
  if (answer === NOT_FOUND || answer instanceof Error) return thrownStatus(answer)
  if (answer instanceof Response) return answer.status
  const own = isHttpResponse(answer) ? answer.status : undefined
  return statusOr(own || event.res.status, 200)
}

const NOT_FOUND = Symbol.for('h3.notFound')

/** An error page with what must be said on it; h3 looks at its `Response` no more, and merges headers into all else. */
function withSessionHeaders(answer: unknown, event: H3V2EventLike): unknown {
  const sessions = sessionsOf(event)
  if (!sessions?.used) return answer
  if (!(answer instanceof Response)) {
    const response = responseOf(event)
    keepVary(answer, response)
    keepRetryAfter(answer, response)
    sessions.announce(response)
    return answer
  }
  // The headers of the app's own Response may be immutable, and it may send the same object twice.
  const headers = new Headers(answer.headers)
  sessions.announce(webResponse(() => [headers]))
  return withHeaders(answer, headers)
}

function withHeaders({ body, status, statusText }: Response, headers: Headers): Response {
  return new Response(body, { status, statusText, headers })
}
