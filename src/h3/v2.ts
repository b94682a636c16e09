import { SessionConfigError } from '../core/errors.js'
import { cancelBody, isObject, statusOr } from './body.js'
import { type EdgeResponse, type H3V2EventLike, responseOf, webResponse } from './event.js'
import { findRoom, openRoom, type Room } from './room.js'

/** What is used of an h3 v2 app. */
export interface H3V2AppLike {
  readonly config: object
  fetch(request: never): unknown
  use(middleware: (event: H3V2EventLike, next: () => unknown) => unknown): unknown
}

interface Config {
  onError?: (error: Error, event: H3V2EventLike) => unknown
}

/** @throws SessionConfigError when the app already serves */
export function installV2(app: H3V2AppLike): void {
  const config = app.config as Config
  if (Object.isFrozen(config)) {
    throw new SessionConfigError('installSessions(app) came after serve(app), which freezes the app. Call it first.')
  }
  app.use(middleware)
  // First in line, so that middleware registered earlier can use sessions too.
  const line = (app as { readonly '~middleware'?: unknown })['~middleware']
  if (Array.isArray(line)) line.unshift(line.pop())
  const { onError } = config
  // Merging headers into a Response that onError made is the one thing that h3 leaves out.
  if (onError) config.onError = async (error, event) => dressed(await onError(error, event), event)
}

// h3 tells middleware from handlers by its two parameters.
function middleware(event: H3V2EventLike, next: () => unknown): unknown {
  return findRoom(event) ? next() : around(event, openRoom(event), next)
}

async function around(event: H3V2EventLike, room: Room, next: () => unknown): Promise<unknown> {
  let answer: unknown
  try {
    answer = await next()
  } catch (error) {
    await commit(event, room, thrownStatus(error), error)
    throw error
  }
  try {
    await commit(event, room, answerStatus(answer, event), answer)
  } catch (error) {
    cancelBody(answer)
    throw error
  }
  return answer
}

function commit(event: H3V2EventLike, room: Room, status: number, answer: unknown): Promise<void> {
  const response = responseOf(event, status < 400)
  if (room.used) keepVary(answer, response)
  return room.commit(status, response, answer)
}

/** h3 replaces an answer's `Vary` by the event's, so the event's must hold both. */
function keepVary(answer: unknown, response: EdgeResponse): void {
  const headers = isObject(answer) ? answer['headers'] : undefined
  if (!(headers instanceof Headers)) return
  for (const name of headers.get('vary')?.split(',') ?? []) response.vary(name.trim())
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
  const own = isObject(answer) && answer[HTTP_RESPONSE] === true ? answer['status'] : undefined
  return statusOr(own || event.res.status, 200)
}

const NOT_FOUND = Symbol.for('h3.notFound')
const HTTP_RESPONSE = Symbol.for('h3.HTTPResponse')

function dressed(answer: unknown, event: H3V2EventLike): unknown {
  const room = answer instanceof Response ? findRoom(event) : undefined
  if (!(answer instanceof Response) || !room?.used) return answer
  // The headers of the app's own Response may be immutable, and it may send the same object twice.
  const headers = new Headers(answer.headers)
  room.announce(webResponse(() => [headers]))
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers })
}
