/** Ends the source of a body that will not be sent: a web or node stream, an async iterable, or a response around one. */
export function cancelBody(answer: unknown): void {
  const body = isObject(answer) && isObject(answer['body']) ? answer['body'] : answer
  if (!isObject(body)) return
  const { cancel, destroy, locked } = body
  if (typeof cancel === 'function' && locked !== true) void Promise.resolve(cancel.call(body)).catch(ignore)
  else if (typeof destroy === 'function') destroy.call(body)
  else if (Symbol.asyncIterator in body && typeof body['return'] === 'function')
    void Promise.resolve(body['return']()).catch(ignore)
}

/** A usable HTTP status, or the fallback: the rule of both majors of h3. */
export function statusOr(status: unknown, fallback: number): number {
  const number = Number(status)
  return status && Number.isInteger(number) && number >= 100 && number <= 599 ? number : fallback
}

/** For looking at values of any kind. */
export function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}

// The commit's own error is what the client learns about.
function ignore(): void {}
