import { type AppSessions, RequestSessions } from '../edge/request-sessions.js'
import { type H3EventLike, isV2Event } from './event.js'

/** The sessions of the request of an event. */
export class EventSessions extends RequestSessions {
  readonly #request: object

  constructor(event: H3EventLike, app: AppSessions, onFirstUse?: () => void) {
    super(app, onFirstUse)
    this.#request = requestIn(event)
  }

  /** False for an event that was made from one of these and is another request. */
  serves(event: H3EventLike): boolean {
    return requestIn(event) === this.#request
  }
}

const SESSIONS = Symbol('zession')

/** On objects of the request rather than in a WeakMap, whose entries survive every minor garbage collection. */
interface Holder {
  [SESSIONS]?: EventSessions
}

/** Gives the request of an event its sessions. */
export function openSessions(event: H3EventLike, app: AppSessions, onFirstUse?: () => void): EventSessions {
  const sessions = new EventSessions(event, app, onFirstUse)
  for (const place of [event, requestIn(event)]) (place as Holder)[SESSIONS] = sessions
  return sessions
}

/**
 * The sessions of a request; also from an event that a mounted sub-app made for the same request, and from one that was made
 * from it for another request: a copy, or one with a proxy of the request. `serves` tells which.
 */
export function sessionsOf(event: H3EventLike): EventSessions | undefined {
  return (event as Holder)[SESSIONS] ?? (requestIn(event) as Holder)[SESSIONS]
}

/**
 * What all events of one request have in common, and share with no other request. Of h3 v2 the headers: the request object
 * may be a proxy with another URL or a limited body, and a context may come from the caller, for several requests.
 */
function requestIn(event: H3EventLike): object {
  return isV2Event(event) ? event.req.headers : event.node.req
}
