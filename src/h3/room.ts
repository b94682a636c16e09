import { SessionError } from '../core/errors.js'
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

/** All sessions of one request, and what its response must say about them. Until one is used it is an empty object. */
export class Room {
  readonly #headers: object | undefined
  readonly #onFirstUse: (() => void) | undefined
  #scope: RequestScope | undefined
  #seen: Set<string> | undefined
  #closed = false
  #unavailable = false

  constructor(event: H3EventLike, onFirstUse?: () => void) {
    this.#headers = isV2Event(event) ? event.req.headers : undefined
    this.#onFirstUse = onFirstUse
  }

  /** True when a session was used or looked at, so that the response depends on it. */
  get used(): boolean {
    return this.#scope !== undefined || this.#seen !== undefined
  }

  /** True once the commit has begun: from then on what the app does comes too late. */
  get closed(): boolean {
    return this.#closed
  }

  /** A context may be shared by several requests (h3 v2 takes one from the caller); their sessions must never be. */
  serves(event: H3EventLike): boolean {
    return !isV2Event(event) || event.req.headers === this.#headers
  }

  use<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    event: H3EventLike,
    definition: Managed<S, F>,
    options?: UseOptions,
  ): Promise<Session<S, F>> {
    if (!this.#scope) {
      this.#scope = createRequestScope()
      if (!this.#closed) this.#onFirstUse?.()
      // A scope that was committed before its first use hands out sealed sessions.
      if (this.#closed) void this.#scope.commit(500, nowhere)
    }
    return this.#watched(this.#scope.use(definition, requestOf(event, this.#note), options))
  }

  look<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    event: H3EventLike,
    definition: Managed<S, F>,
  ): Promise<ReadonlySession<S, F>> {
    return this.#watched(definition.manager.openReadonly(requestOf(event, this.#note)))
  }

  /** The response leaves without a commit, because no session was used. */
  close(): void {
    this.#closed = true
  }

  /** Commits by the final status. @throws the first error, after all commits have ended */
  async commit(status: number, response: EdgeResponse, thrown?: unknown): Promise<void> {
    this.close()
    let unavailable = status === 503 && (this.#unavailable || isUnavailable(thrown))
    try {
      await this.#scope?.commit(status, response)
    } catch (error) {
      unavailable = isUnavailable(error)
      throw error
    } finally {
      this.#vary(response)
      if (unavailable) response.setHeader('retry-after', RETRY_AFTER)
    }
  }

  /** Says everything once more, where it may have been overwritten or the response was replaced. */
  announce(response: EdgeResponse): void {
    this.#scope?.announce(response)
    this.#vary(response)
  }

  /** Remembers that a session could not be had, in case the app answers with that. */
  #watched<T>(opening: Promise<T>): Promise<T> {
    return opening.catch((error: unknown) => {
      this.#unavailable ||= isUnavailable(error)
      throw error
    })
  }

  readonly #note = (name: string): void => {
    this.#seen ??= new Set()
    this.#seen.add(name)
  }

  #vary(response: EdgeResponse): void {
    for (const name of this.#seen ?? []) response.vary(name)
  }
}

/** Seconds after which a client may try again (RFC 9110 10.2.3): about as long as a database takes to fail over. */
const RETRY_AFTER = '5'

function isUnavailable(error: unknown): boolean {
  const known = error instanceof Error && !(error instanceof SessionError) ? error.cause : error
  return known instanceof SessionError && known.status === 503
}

/** For a response that has left. */
export const nowhere: EdgeResponse = { setHeader() {}, setCookie() {}, vary() {} }

const ROOM = Symbol('zession')

/** On events and contexts rather than in a WeakMap, whose entries survive every minor garbage collection. */
interface Roomy {
  [ROOM]?: Room
}

/** Gives the request its room. */
export function openRoom(event: H3EventLike, onFirstUse?: () => void): Room {
  const room = new Room(event, onFirstUse)
  for (const place of [event, event.context]) (place as Roomy)[ROOM] = room
  return room
}

/** The room of a request; also from an event that a mounted sub-app made for the same request. */
export function findRoom(event: H3EventLike): Room | undefined {
  const own = (event as Roomy)[ROOM]
  if (own) return own
  const shared = (event.context as Roomy)[ROOM]
  return shared?.serves(event) ? shared : undefined
}
