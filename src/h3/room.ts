import { SessionError } from '../core/errors.js'
import type { AppClaims } from '../session/claims.js'
import {
  createRequestScope,
  type Managed,
  type NoFlash,
  type RequestScope,
  type SessionSchema,
  type UseOptions,
} from '../session/scope.js'
import type { ReadonlySession, Session } from '../session/session.js'
import { type EdgeResponse, type H3EventLike, isV2Event, requestOf } from './event.js'

/** What all requests of one app have in common. */
export interface RoomApp {
  /** What `installSessions` was told. */
  readonly development: boolean | undefined
  readonly claims: AppClaims
}

/** All sessions of one request, and what its response must say about them. Until one is used it is an empty object. */
export class Room {
  readonly #app: RoomApp
  readonly #request: object
  readonly #onFirstUse: (() => void) | undefined
  #scope: RequestScope | undefined
  #seen: Set<string> | undefined
  #used = false
  #closed = false
  #unavailable = false
  #refused = false

  constructor(event: H3EventLike, app: RoomApp, onFirstUse?: () => void) {
    this.#app = app
    this.#request = requestIn(event)
    this.#onFirstUse = onFirstUse
  }

  /** True when a session was used or looked at, so that the response depends on it. */
  get used(): boolean {
    return this.#used
  }

  /** True once the commit has begun: from then on what the app does comes too late. */
  get closed(): boolean {
    return this.#closed
  }

  /** False for an event that was made from one of this room and stands for another request. */
  serves(event: H3EventLike): boolean {
    return requestIn(event) === this.#request
  }

  use<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    event: H3EventLike,
    definition: Managed<S, F>,
    options?: UseOptions,
  ): Promise<Session<S, F>> {
    this.#enter()
    if (!this.#scope) {
      this.#scope = createRequestScope(this.#app.claims)
      // A scope that was committed before its first use hands out sealed sessions.
      if (this.#closed) void this.#scope.commit(500, nowhere)
    }
    return this.#watched(this.#scope.use(definition, requestOf(event, this.#note, this.#app.development), options))
  }

  look<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    event: H3EventLike,
    definition: Managed<S, F>,
  ): Promise<ReadonlySession<S, F>> {
    this.#enter()
    return this.#watched(definition.manager.openReadonly(requestOf(event, this.#note, this.#app.development)))
  }

  /** The response leaves without a commit, because no session was used. */
  close(): void {
    this.#closed = true
  }

  /** Commits by the final status. @throws the first error, after all commits have ended */
  async commit(status: number, response: EdgeResponse, thrown?: unknown): Promise<void> {
    this.close()
    this.#unavailable = status === 503 && (this.#unavailable || isUnavailable(thrown))
    try {
      await this.#scope?.commit(status, response)
    } catch (error) {
      this.#refused = true
      this.#unavailable = isUnavailable(error)
      throw error
    } finally {
      this.#tell(response)
    }
  }

  /**
   * For a committed response of which nothing has left, and nothing will: what it has taken of the flash goes back. Only node's
   * response tells so; a response that may have begun to leave may have been seen. Never rejects.
   */
  async undeliver(): Promise<void> {
    await this.#scope?.undeliver()
  }

  /** Says everything once more, where it may have been overwritten or the response was replaced. Never throws. */
  announce(response: EdgeResponse): void {
    try {
      this.#scope?.announce(response)
    } catch {
      // A transport that cannot write has refused the commit already; the error page about that must get out.
    }
    this.#tell(response)
  }

  #enter(): void {
    if (this.#used) return
    this.#used = true
    this.#onFirstUse?.()
  }

  /** Remembers that a session could not be had, in case the app answers with that. */
  #watched<T>(opening: Promise<T>): Promise<T> {
    return opening.catch((error: unknown) => {
      if (!this.#closed) this.#unavailable ||= isUnavailable(error)
      throw error
    })
  }

  readonly #note = (name: string): void => {
    this.#seen ??= new Set()
    this.#seen.add(name)
  }

  /** What the response depends on, and what is known of it as an error. */
  #tell(response: EdgeResponse): void {
    for (const name of this.#seen ?? []) response.vary(name)
    if (this.#refused) response.setHeader('cache-control', 'no-store')
    if (this.#unavailable) response.setDefault('retry-after', RETRY_AFTER)
  }
}

/** Seconds after which a client may try again (RFC 9110 10.2.3): about as long as a database takes to fail over. */
const RETRY_AFTER = '5'

function isUnavailable(error: unknown): boolean {
  const known = error instanceof Error && !(error instanceof SessionError) ? error.cause : error
  return known instanceof SessionError && known.status === 503
}

/** For a response that has left. */
export const nowhere: EdgeResponse = { setHeader() {}, setDefault() {}, setCookie() {}, vary() {} }

const ROOM = Symbol('zession')

/** On objects of the request rather than in a WeakMap, whose entries survive every minor garbage collection. */
interface Roomy {
  [ROOM]?: Room
}

/** Gives the request its room. */
export function openRoom(event: H3EventLike, app: RoomApp, onFirstUse?: () => void): Room {
  const room = new Room(event, app, onFirstUse)
  for (const place of [event, requestIn(event)]) (place as Roomy)[ROOM] = room
  return room
}

/**
 * The room of a request; also from an event that a mounted sub-app made for the same request, and from one that was made
 * from it for another request: a copy, or one with a proxy of the request. `serves` tells which.
 */
export function findRoom(event: H3EventLike): Room | undefined {
  return (event as Roomy)[ROOM] ?? (requestIn(event) as Roomy)[ROOM]
}

/**
 * What all events of one request have in common, and share with no other request. Of h3 v2 the headers: the request object
 * may be a proxy with another URL or a limited body, and a context may come from the caller, for several requests.
 */
function requestIn(event: H3EventLike): object {
  return isV2Event(event) ? event.req.headers : event.node.req
}
