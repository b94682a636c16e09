import { isObject } from '../core/value.js'
/**
 * Ends the stream that h3 would have sent for an answer. Nothing else is ended or called: what a handler returns may be a
 * model, whose `destroy()` deletes its row.
 */
export function cancelBody(answer: unknown): void {
  const body = answer instanceof Response || isHttpResponse(answer) ? answer.body : answer
  if (body instanceof ReadableStream) {
    if (!body.locked) void body.cancel().catch(ignore)
  } else if (isNodeStream(body)) body.destroy()
}

/** A usable HTTP status, or the fallback: the rule of both majors of h3. */
export function statusOr(status: unknown, fallback: number): number {
  const number = Number(status)
  return status && Number.isInteger(number) && number >= 100 && number <= 599 ? number : fallback
}

/** What h3 v2's `HTTPResponse`, `redirect()`, `iterable()` and `proxy()` answer. */
interface HttpResponseLike {
  readonly status?: number | undefined
  readonly statusText?: string | undefined
  readonly headers?: Headers | undefined
  readonly body?: unknown
}

/** How h3 v2 knows its own kind of response, also from another copy of h3. */
export const HTTP_RESPONSE = Symbol.for('h3.HTTPResponse')

export function isHttpResponse(answer: unknown): answer is HttpResponseLike {
  return isObject(answer) && answer[HTTP_RESPONSE] === true
}

/** The rule of h3 v1, which `Readable`s of every library meet. */
function isNodeStream(body: unknown): body is { destroy(): unknown } {
  return isObject(body) && ['pipe', '_read', 'destroy'].every((name) => typeof body[name] === 'function')
}

// The commit's own error is what the client learns about.
function ignore(): void {}
