import type { AsyncLocalStorage } from 'node:async_hooks'
import { SessionError } from '../core/errors.js'
import { isObject } from '../core/value.js'
import { Gate } from '../edge/node-gate.js'
import type { AppSessions } from '../edge/request-sessions.js'
import { nowhere } from '../edge/response.js'
import { cancelBody, statusOr } from './body.js'
import { type H3V1EventLike, responseOf } from './event.js'
import { type EventSessions, openSessions, sessionsOf } from './event-sessions.js'
import { toHttpError } from './http-error.js'

/** What is used of an h3 v1 app. */
export interface H3V1AppLike {
  /** What `app.use` has added. */
  readonly stack: readonly unknown[]
  /** What `createApp` was given. */
  readonly options: object
  /** What h3 calls for each request. */
  readonly handler: unknown
}

type Handler = (event: H3V1EventLike) => unknown

interface Hooks {
  onBeforeResponse?: (event: H3V1EventLike, response: { readonly body?: unknown }) => unknown
}

const gates = new WeakMap<EventSessions, Gate>()

/**
 * Wraps the handler and one hook of the app; h3 looks both up for every request.
 * @param handling where requests inside others find those of the outer one
 */
export function installV1(app: H3V1AppLike, common: AppSessions, handling?: AsyncLocalStorage<EventSessions>): void {
  const handler = app.handler as Handler
  // The properties of the handler are how h3 knows it and finds its routes.
  Object.assign(app, {
    handler: Object.assign((event: H3V1EventLike) => handle(event, handler, common, handling), handler),
  })
  const hooks = app.options as Hooks
  const { onBeforeResponse } = hooks
  hooks.onBeforeResponse = async (event, response) => {
    await onBeforeResponse?.(event, response)
    await commitReturned(event, response.body)
    // h3 would make an error of its own of it, which lacks the code.
    if (response.body instanceof SessionError) throw toHttpError(response.body)
  }
}

function handle(
  event: H3V1EventLike & { _handled?: boolean },
  handler: Handler,
  app: AppSessions,
  handling: AsyncLocalStorage<EventSessions> | undefined,
): unknown {
  if (sessionsOf(event)) return handler(event)
  // By hand, because a failed commit must end the request even if the handler waits for a stream that nobody reads now.
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(toHttpError(error))
    const onFirstUse = () => {
      if (event.node.res.headersSent) return sessions.close()
      const keeper = {
        commit: (status: number) => commitUnsent(event, sessions, status),
        announce: () => sessions.announce(responseOf(event)),
        refused: () => {
          event._handled = false
        },
        fail,
      }
      const gate = new Gate(event.node.res, keeper)
      // First used by an error page: it has nothing to wait for, and still something to say.
      if (sessions.closed) gate.open()
      gates.set(sessions, gate)
    }
    const sessions: EventSessions = openSessions(event, { app, onFirstUse, outer: handling?.getStore() })
    const run = () => around(event, sessions, handler).then(resolve, fail)
    void (handling ? handling.run(sessions, run) : run())
  })
}

async function around(event: H3V1EventLike, sessions: EventSessions, handler: Handler): Promise<unknown> {
  let result: unknown
  try {
    result = await handler(event)
  } catch (error) {
    await gates.get(sessions)?.settled
    // A stream that failed before its first byte: an error page takes the place of the response that was committed.
    if (sessions.closed && !event.node.res.headersSent) await sessions.undeliver()
    await commit(event, sessions, thrownStatus(error), error)
    throw error
  }
  const gate = gates.get(sessions)
  await gate?.settled
  // A web handler reads a stream off the response without anything passing the gate.
  const { res } = event.node as { res: { statusCode: number; _data?: unknown } }
  try {
    await commit(event, sessions, res.statusCode)
  } catch (error) {
    cancelBody(res._data)
    delete res._data
    throw error
  }
  gate?.tell()
  return result
}

/** What a handler returned is committed before h3 begins to send it, so that a refused stream is never started. */
async function commitReturned(event: H3V1EventLike & { readonly handled?: boolean }, body: unknown): Promise<void> {
  const sessions = sessionsOf(event)
  if (!sessions?.used || sessions.closed || event.handled || !sessions.serves(event)) return
  const status = returnedStatus(event, body)
  if (status === undefined) return
  try {
    await commit(event, sessions, status)
  } catch (error) {
    cancelBody(body)
    throw error
  }
}

async function commit(event: H3V1EventLike, sessions: EventSessions, status: number, thrown?: unknown): Promise<void> {
  if (sessions.closed) return
  try {
    if (event.node.res.headersSent) await sessions.commit(status, nowhere, thrown)
    else await commitUnsent(event, sessions, status, thrown)
    gates.get(sessions)?.open()
  } catch (error) {
    gates.get(sessions)?.refuse()
    throw error
  }
}

/** Nothing passes the gate meanwhile, so of a response that is destroyed by then nobody will see anything. */
async function commitUnsent(
  event: H3V1EventLike,
  sessions: EventSessions,
  status: number,
  thrown?: unknown,
): Promise<void> {
  const { res } = event.node
  await sessions.commit(status, responseOf(event), thrown)
  if (res.destroyed) await sessions.undeliver()
}

function thrownStatus(error: unknown): number {
  const { statusCode, status } = isObject(error) ? error : {}
  return statusOr(statusCode || status, 500)
}

/** Undefined when the handler writes the response itself, which the gate sees. */
function returnedStatus(event: H3V1EventLike, body: unknown): number | undefined {
  const { statusCode } = event.node.res
  if (body === null) return statusCode === 200 ? 204 : statusCode
  if (body instanceof Response) return statusOr(body.status, statusCode)
  if (body instanceof Error) return thrownStatus(body)
  return isObject(body) && typeof body['end'] === 'function' ? undefined : statusCode
}
