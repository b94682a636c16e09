import { SessionError } from '../core/errors.js'
import { isObject } from '../core/value.js'
import { cancelBody, statusOr } from './body.js'
import { type H3V1EventLike, responseOf } from './event.js'
import { toHttpError } from './http-error.js'
import { findRoom, nowhere, openRoom, type Room, type RoomApp } from './room.js'
import { Gate } from './v1-gate.js'

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

const gates = new WeakMap<Room, Gate>()

/** Wraps the handler and one hook of the app; h3 looks both up for every request. */
export function installV1(app: H3V1AppLike, common: RoomApp): void {
  const handler = app.handler as Handler
  // The properties of the handler are how h3 knows it and finds its routes.
  Object.assign(app, { handler: Object.assign((event: H3V1EventLike) => handle(event, handler, common), handler) })
  const hooks = app.options as Hooks
  const { onBeforeResponse } = hooks
  hooks.onBeforeResponse = async (event, response) => {
    await onBeforeResponse?.(event, response)
    await commitReturned(event, response.body)
    // h3 would make an error of its own of it, which lacks the code.
    if (response.body instanceof SessionError) throw toHttpError(response.body)
  }
}

function handle(event: H3V1EventLike, handler: Handler, app: RoomApp): unknown {
  if (findRoom(event)) return handler(event)
  // By hand, because a failed commit must end the request even if the handler waits for a stream that nobody reads now.
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(toHttpError(error))
    const room: Room = openRoom(event, app, () => {
      if (event.node.res.headersSent) return room.close()
      const keeper = {
        commit: (status: number) => commitUnsent(event, room, status),
        announce: () => room.announce(responseOf(event)),
        fail,
      }
      const gate = new Gate(event, keeper)
      // First used by an error page: it has nothing to wait for, and still something to say.
      if (room.closed) gate.open()
      gates.set(room, gate)
    })
    around(event, room, handler).then(resolve, fail)
  })
}

async function around(event: H3V1EventLike, room: Room, handler: Handler): Promise<unknown> {
  let result: unknown
  try {
    result = await handler(event)
  } catch (error) {
    await gates.get(room)?.settled
    // A stream that failed before its first byte: an error page takes the place of the response that was committed.
    if (room.closed && !event.node.res.headersSent) await room.undeliver()
    await commit(event, room, thrownStatus(error), error)
    throw error
  }
  const gate = gates.get(room)
  await gate?.settled
  // A web handler reads a stream off the response without anything passing the gate.
  const { res } = event.node as { res: { statusCode: number; _data?: unknown } }
  try {
    await commit(event, room, res.statusCode)
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
  const room = findRoom(event)
  if (!room?.used || room.closed || event.handled || !room.serves(event)) return
  const status = returnedStatus(event, body)
  if (status === undefined) return
  try {
    await commit(event, room, status)
  } catch (error) {
    cancelBody(body)
    throw error
  }
}

async function commit(event: H3V1EventLike, room: Room, status: number, thrown?: unknown): Promise<void> {
  if (room.closed) return
  try {
    if (event.node.res.headersSent) await room.commit(status, nowhere, thrown)
    else await commitUnsent(event, room, status, thrown)
    gates.get(room)?.open()
  } catch (error) {
    gates.get(room)?.refuse()
    throw error
  }
}

/** Nothing passes the gate meanwhile, so of a response that is destroyed by then nobody will see anything. */
async function commitUnsent(event: H3V1EventLike, room: Room, status: number, thrown?: unknown): Promise<void> {
  const { res } = event.node
  await room.commit(status, responseOf(event), thrown)
  if (res.destroyed) await room.undeliver()
}

function thrownStatus(error: unknown): number {
  const { statusCode, status } = isObject(error) ? error : {}
  return statusOr(statusCode || status, 500)
}

/** Undefined when the handler answers by itself, which the gate sees. */
function returnedStatus(event: H3V1EventLike, body: unknown): number | undefined {
  const { statusCode } = event.node.res
  if (body === null) return statusCode === 200 ? 204 : statusCode
  if (body instanceof Response) return statusOr(body.status, statusCode)
  if (body instanceof Error) return thrownStatus(body)
  return isObject(body) && typeof body['end'] === 'function' ? undefined : statusCode
}
