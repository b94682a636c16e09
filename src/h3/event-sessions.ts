import { type AppSessions, type Managed, RequestSessions } from '../edge/request-sessions.js'
import type { EdgeResponse } from '../edge/response.js'
import type { UseOptions } from '../edge/use-options.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { ReadonlySession } from '../session/handle/session.js'
import type { OpenSession, SessionPart } from '../session/opener.js'
import type { TransportRequest } from '../session/transport/transport.js'
import { refuseInside } from './cached.js'
import { type H3EventLike, isV2Event, requestOf } from './event.js'

/** The sessions of the request of an event. */
export class EventSessions extends RequestSessions {
  readonly #request: object

  readonly #event: H3EventLike
  readonly #outer: EventSessions | undefined
  #parts: Map<object, Pick<SessionPart<SessionSchema, NoFlash>, 'takeBack'>> | undefined

  constructor(event: H3EventLike, { app, onFirstUse, outer }: Opening) {
    super(app, onFirstUse)
    this.#event = event
    this.#request = requestIn(event)
    this.#outer = outer
  }

  /** False for an event that was made from one of these and is another request. */
  serves(event: H3EventLike): boolean {
    return requestIn(event) === this.#request
  }

  /** Of the request that this one is inside of, where both act for the same client: it has one session, stored once. */
  override async opening<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
    options?: UseOptions,
  ): Promise<OpenSession<S, F>> {
    const outer = this.#sharing(definition, request)
    if (!outer) return super.opening(definition, request, options)
    const open = await outer.opening(definition, requestOf(outer.#event), options)
    this.#parts ??= new Map()
    const part = (this.#parts.get(open.session) as SessionPart<S, F> | undefined) ?? open.part()
    this.#parts.set(open.session, part)
    return { ...open, session: part.session }
  }

  /** Refuses to look where the answer of the outer request is kept for others. */
  override look<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
  ): Promise<ReadonlySession<S, F>> {
    if (this.#outer) refuseInside(this.#event, this.#outer.#event, this.#outer)
    return super.look(definition, request)
  }

  /** An inner response with a 5xx takes back what its request has done; all else is committed with the outer one. */
  override commit(status: number, response: EdgeResponse, thrown?: unknown): Promise<void> {
    if (this.#parts && !this.closed && status >= 500) for (const part of this.#parts.values()) part.takeBack()
    return super.commit(status, response, thrown)
  }

  #sharing<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
  ): EventSessions | undefined {
    const outer = this.#outer
    if (!outer) return undefined
    refuseInside(this.#event, outer.#event, outer)
    if (outer.closed) return undefined
    const theirs = requestOf(outer.#event)
    const ids = this.presented(definition, request)
    if (ids.join('\n') !== this.presented(definition, theirs).join('\n')) return undefined
    // Without an id only what else it has of the visitor tells it from a call of the app's own, on behalf of nobody.
    const agent = request.header('user-agent')
    return ids.length > 0 || (agent !== undefined && agent === theirs.header('user-agent')) ? outer : undefined
  }
}

const SESSIONS = Symbol('zession')

/** On objects of the request rather than in a WeakMap, whose entries survive every minor garbage collection. */
interface Holder {
  [SESSIONS]?: EventSessions
}

/** What the sessions of a request are opened with. */
interface Opening {
  readonly app: AppSessions
  readonly onFirstUse?: () => void
  /** Those of the request that this one is inside of. */
  readonly outer?: EventSessions | undefined
}

/** Gives the request of an event its sessions. */
export function openSessions(event: H3EventLike, opening: Opening): EventSessions {
  const sessions = new EventSessions(event, opening)
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
