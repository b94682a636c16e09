import { SessionError, SeveralSessionsError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { turn } from '../core/timers.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import { type AppClaims, assertApart, type Claimant } from '../session/claims.js'
import type { ReadonlySession, Session } from '../session/handle/session.js'
import type { OpenSession, SessionOpener } from '../session/opener.js'
import type { TransportRequest } from '../session/transport/transport.js'
import type { EdgeResponse } from './response.js'
import { type UseOptions, useRule } from './use-options.js'

/** Whatever has an opener; definitions have one. It is compared by identity, never by name. */
export interface Managed<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** For HTTP edges; apps call `useSession`. */
  readonly opener: SessionOpener<S, F>
}

/** What all requests of one app have in common. */
export interface AppSessions {
  /** `development` of `installSessions`. */
  readonly development: boolean | undefined
  readonly claims: AppClaims
  /** Hears of each session whose commit the response has just been told of, and may add to that. Must not throw. */
  readonly announced?: ((definition: object, open: AnyOpen, response: EdgeResponse) => void) | undefined
}

/** A session of any definition. */
export type AnyOpen = OpenSession<SessionSchema, SessionSchema | NoFlash>

const NO_OPTIONS: UseOptions = {}

/**
 * All sessions of one request, and what its response must say about them. Each definition is loaded once, on first
 * use, and all are committed together. Until one is used it is nearly an empty object.
 */
export class RequestSessions {
  readonly #app: AppSessions | undefined
  readonly #onFirstUse: (() => void) | undefined
  /** The newest session of each definition. */
  #current: Map<object, Promise<unknown>> | undefined
  /** All of them, in the order in which they were opened. */
  readonly #opened: AnyOpen[] = []
  /** Of which definition each of them is. */
  readonly #definitions: object[] = []
  #claimants: Claimant[] | undefined
  #loading = 0
  #headersSeen: Set<string> | undefined
  #used = false
  #closed = false
  #committed: Promise<void> | undefined
  #undelivered: Promise<unknown> | undefined
  #isUnavailable = false
  #isRefused = false

  constructor(app?: AppSessions, onFirstUse?: () => void) {
    this.#app = app
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

  /** The session of a definition; after its end a fresh one. */
  async use<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
    options: UseOptions = NO_OPTIONS,
  ): Promise<Session<S, F>> {
    return (await this.opening(definition, request, options)).session
  }

  /** What `use` gives the session of. */
  async opening<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
    options: UseOptions = NO_OPTIONS,
  ): Promise<OpenSession<S, F>> {
    this.#enter()
    if (options !== NO_OPTIONS) checkOptions('useSession()', useRule, options)
    const { lock = false } = options
    const { opener } = definition
    this.#current ??= new Map()
    let opening = this.#current.get(definition) as Promise<OpenSession<S, F>> | undefined
    if (!opening) {
      const noted = this.#noting(request)
      this.#claim(opener.claimant(noted))
      opening = this.#open(definition, opener.open(noted))
      this.#current.set(definition, opening)
    }
    const found = await opening
    if (lock && !found.ended()) await this.#watched(found.lock())
    if (!found.ended()) return found
    // Parallel callers must share the fresh one as well.
    let fresh = this.#current.get(definition) as Promise<OpenSession<S, F>>
    if (fresh === opening) {
      fresh = this.#open(definition, opener.openFresh(this.#noting(request)))
      this.#current.set(definition, fresh)
    }
    return fresh
  }

  /** The session as it is stored now, for code that only looks. */
  look<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
  ): Promise<ReadonlySession<S, F>> {
    this.#enter()
    return this.#watched(definition.opener.openReadonly(this.#noting(request)))
  }

  /** The ids that a request brings for a definition, unchecked. */
  presented<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
  ): readonly string[] {
    return definition.opener.presented({ ...request, ...(this.#app && { development: this.#app.development }) })
  }

  /** The response leaves without a commit, because no session was used. */
  close(): void {
    this.#closed = true
  }

  /**
   * Commits everything in parallel by the final status, and then tells the client of all that succeeded. Only the first call
   * does anything.
   * @param thrown the error, or the response made of one, that ends the request
   * @throws what failed, after all commits have ended: the error itself, or SeveralSessionsError
   */
  commit(status: number, response: EdgeResponse, thrown?: unknown): Promise<void> {
    this.#closed = true
    return (this.#committed ??= this.#commitAll(status, response, thrown))
  }

  /**
   * For a committed response of which nothing has left, and nothing will: what it has taken of the flash goes back. Only node's
   * response tells so; a response that may have begun to leave may have been seen. Never rejects.
   */
  undeliver(): Promise<unknown> {
    return (this.#undelivered ??= Promise.all(this.#opened.map((open) => open.undeliver())))
  }

  /** Says everything once more, where it may have been overwritten or the response was replaced. Never throws. */
  announce(response: EdgeResponse): void {
    // A transport that cannot write has refused the commit already; the error page about that must get out.
    this.#announceEach(response)
    this.#tell(response)
  }

  async #commitAll(status: number, response: EdgeResponse, thrown: unknown): Promise<void> {
    this.#isUnavailable = status === 503 && (this.#isUnavailable || isUnavailable(thrown))
    try {
      // A load still in flight (the handler did not await it) is part of the request too.
      if (this.#loading > 0 && this.#current) {
        await Promise.allSettled(this.#current.values())
        // What waits for them goes on first.
        await turn()
      }
      const [only] = this.#opened
      if (this.#opened.length === 1) await only?.finish(status)
      else if (only) await this.#finishEach(status)
    } catch (error) {
      this.#announceEach(response)
      throw this.#refused(error, response)
    }
    const failure = this.#announceEach(response)
    if (failure) throw this.#refused(failure.error, response)
    this.#tell(response)
  }

  /** The error becomes the response. */
  #refused(error: unknown, response: EdgeResponse): unknown {
    this.#isRefused = true
    this.#isUnavailable = isUnavailable(error)
    this.#tell(response)
    return error
  }

  async #finishEach(status: number): Promise<void> {
    const results = await Promise.allSettled(this.#opened.map((open) => open.finish(status)))
    const errors = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []))
    if (errors.length === 0) return
    // The response becomes that error, so what the others have taken is not delivered either.
    await this.undeliver()
    throw errors.length === 1 ? errors[0] : new SeveralSessionsError(errors)
  }

  /** In the order they were opened: after destroy and a fresh start the new id has the last word. @returns the first failure */
  #announceEach(response: EdgeResponse): { readonly error: unknown } | undefined {
    let failure: { readonly error: unknown } | undefined
    let at = 0
    for (const open of this.#opened) {
      const definition = this.#definitions[at++] as object
      try {
        open.announce(response)
        this.#app?.announced?.(definition, open, response)
      } catch (error) {
        // A transport of the app's own that cannot write must not cost the other sessions their cookies.
        failure ??= { error }
      }
    }
    return failure
  }

  async #open<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    opening: Promise<OpenSession<S, F>>,
  ): Promise<OpenSession<S, F>> {
    const late = this.#closed
    this.#loading++
    let result: OpenSession<S, F>
    try {
      result = await this.#watched(opening)
    } finally {
      this.#loading--
    }
    // Nothing would commit it any more: seal it, so that a write says so instead of getting lost.
    if (late) await result.finish(500)
    this.#opened.push(result as unknown as AnyOpen)
    this.#definitions.push(definition)
    return result
  }

  #claim(claimant: Claimant): void {
    this.#claimants ??= []
    for (const other of this.#claimants) assertApart(claimant, other)
    this.#app?.claims.admit(claimant)
    this.#claimants.push(claimant)
  }

  #enter(): void {
    if (this.#used) return
    this.#used = true
    this.#onFirstUse?.()
  }

  /** Remembers that a session could not be had, in case the app answers with that. */
  #watched<T>(call: Promise<T>): Promise<T> {
    return call.catch((error: unknown) => {
      if (!this.#closed) this.#isUnavailable ||= isUnavailable(error)
      throw error
    })
  }

  /** The request as transports see it: each header that one looks at is what the response depends on. */
  #noting(request: TransportRequest): TransportRequest {
    // Key by key: a copy by spread costs a request several microseconds.
    return {
      header: (name) => {
        this.#headersSeen ??= new Set()
        this.#headersSeen.add(name)
        return request.header(name)
      },
      method: () => request.method?.(),
      arrival: () => request.arrival?.(),
      development: this.#app ? this.#app.development : request.development,
    }
  }

  /** What the response depends on, and what is known of it as an error. */
  #tell(response: EdgeResponse): void {
    for (const name of this.#headersSeen ?? []) response.vary(name)
    if (this.#isRefused) response.setHeader('cache-control', 'no-store')
    if (this.#isUnavailable) response.setDefault('retry-after', RETRY_AFTER)
  }
}

/** Seconds after which a client may try again (RFC 9110 10.2.3): about as long as a database takes to fail over. */
export const RETRY_AFTER = '5'

function isUnavailable(error: unknown): boolean {
  const known = error instanceof Error && !(error instanceof SessionError) ? error.cause : error
  return known instanceof SessionError && known.status === 503
}
