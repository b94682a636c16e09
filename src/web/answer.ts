import { CsrfError, SessionError } from '../core/errors.js'
import { isMistake, pageOf, statusOfError } from '../edge/public-error.js'
import { RETRY_AFTER, type RequestSessions } from '../edge/request-sessions.js'
import type { WebRequestLike } from '../edge/requests.js'
import { nowhere, webResponse } from '../edge/response.js'
import { isUpgrade } from './request.js'

type OnError = (error: unknown, request: WebRequestLike) => unknown

/** The answer with what must be said on it, once its sessions are stored; else the page of the error. */
export async function commitAnswer(
  sessions: RequestSessions,
  request: WebRequestLike,
  answer: Response | void,
  onError: OnError | undefined,
): Promise<unknown> {
  try {
    // Before the commit: a body that was read already must not fail behind it.
    const copy = isOrdinary(answer, request) ? copyOf(answer) : undefined
    const response = copy ? webResponse(() => [copy.headers]) : nowhere
    await sessions.commit(answer?.status || 500, response, answer)
    // Of the error behind an app's own page nothing is known; mostly it is a store that did not answer.
    if (answer?.status === 503) response.setDefault('retry-after', RETRY_AFTER)
    if (isGone(request)) await sessions.undeliver()
    return copy ?? answer
  } catch (error) {
    if (answer) cancelBody(answer)
    return answerError(sessions, request, error, onError)
  }
}

/** The page of an error that the handler has thrown, or that a commit has become. */
export async function answerError(
  sessions: RequestSessions,
  request: WebRequestLike,
  thrown: unknown,
  onError: OnError | undefined,
): Promise<Response> {
  let error = thrown
  try {
    if (!sessions.closed) await sessions.commit(statusOfError(error), nowhere, error)
    if (isGone(request)) await sessions.undeliver()
  } catch (refusal) {
    error = refusal
  }
  const page = onError ? await pageBy(onError, error, request) : undefined
  // Whoever runs the handler knows what to do with an error, and nothing has to be said on its page. A refusal is an answer.
  if (!page && !sessions.used && !(error instanceof CsrfError)) throw error
  const response = copyOf(page ?? defaultPage(error))
  sessions.announce(webResponse(() => [response.headers]))
  return response
}

async function pageBy(onError: OnError, error: unknown, request: WebRequestLike): Promise<Response | undefined> {
  try {
    const page = await onError(error, request)
    return page instanceof Response ? page : undefined
  } catch (failure) {
    console.error(failure)
    return undefined
  }
}

function defaultPage(error: unknown): Response {
  if (!(error instanceof SessionError) || isMistake(error)) console.error(error)
  return Response.json(pageOf(error), { status: statusOfError(error) })
}

/** The app's own may be immutable, and it may send the same object twice. */
function copyOf(answer: Response): Response {
  // The answer itself as the second argument: runtimes have more in it than its headers and status.
  return new Response(answer.body, answer)
}

/** Not what becomes a WebSocket, which is known by identity or by properties of the runtime, nor `Response.error()`. */
function isOrdinary(answer: Response | void, request: WebRequestLike): answer is Response {
  return answer !== undefined && answer.status >= 200 && !('crossws' in answer) && !isUpgrade(request)
}

/** Nothing of the answer has left, so nobody will see any of it. */
function isGone(request: WebRequestLike): boolean {
  return (request as { readonly signal?: AbortSignal }).signal?.aborted === true
}

function cancelBody({ body }: Response): void {
  // The commit's own error is what the client learns about.
  if (body && !body.locked) void body.cancel().catch(() => {})
}
