import { SeveralSessionsError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { flag, group } from '../core/options/rule.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import { type AppClaims, assertApart, type Claimant } from './claims.js'
import type { OpenSession, SessionManager } from './manager.js'
import type { Session } from './session.js'
import type { TransportRequest, TransportResponse } from './transport.js'

export type { NoFlash, SessionSchema }

/** Whatever has a manager; definitions have one. It is compared by identity, never by name. */
export interface Managed<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** For HTTP edges; apps call `useSession`. */
  readonly manager: SessionManager<S, F>
}

/** All sessions of one request: each definition is loaded once, on first use, and all are committed together. */
export interface RequestScope {
  use<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    definition: Managed<S, F>,
    request: TransportRequest,
    options?: UseOptions,
  ): Promise<Session<S, F>>
  /**
   * Commits everything in parallel by the final status, and then tells the client of all that succeeded. Only the first call
   * does anything. @throws what failed, after all commits have ended: the error itself, or SeveralSessionsError
   */
  commit(status: number, response: TransportResponse): Promise<void>
  /** Puts back the flash that was taken, where nothing of the committed response has left and nothing will. Never rejects. */
  undeliver(): Promise<unknown>
  /** Repeats what the client must be told, on a response that replaces the first one (an error page). */
  announce(response: TransportResponse): void
}

/** How a request wants a session. */
export interface UseOptions {
  /**
   * Waits for other requests that lock the same session, and makes them wait until this response is committed, at most 30
   * seconds. For handlers that must not run twice at a time; without it no change is lost either. @default false
   */
  readonly lock?: boolean
}

const NONE: UseOptions = {}
export const useRule = group<UseOptions>({ lock: flag })

type AnyOpen = OpenSession<SessionSchema, SessionSchema | NoFlash>

/** @param app what the app's other requests have used */
export function createRequestScope(app?: AppClaims): RequestScope {
  const current = new Map<object, Promise<unknown>>()
  const claimants: Claimant[] = []
  const opened: AnyOpen[] = []
  let loading = 0
  let committed: Promise<void> | undefined
  let undelivered: Promise<unknown> | undefined

  function announce(response: TransportResponse): void {
    let failure: { readonly error: unknown } | undefined
    // In the order they were opened: after destroy and a fresh start the new id has the last word.
    for (const open of opened) {
      try {
        open.announce(response)
      } catch (error) {
        // A transport of the app's own that cannot write must not cost the other sessions their cookies.
        failure ??= { error }
      }
    }
    if (failure) throw failure.error
  }

  async function commitAll(status: number, response: TransportResponse): Promise<void> {
    // A load still under way (the handler did not await it) is part of the request too.
    if (loading > 0) await Promise.allSettled(current.values())
    try {
      await finishAll(status)
    } finally {
      announce(response)
    }
  }

  function undeliver(): Promise<unknown> {
    return (undelivered ??= Promise.all(opened.map((open) => open.undeliver())))
  }

  function finishAll(status: number): Promise<void> {
    const [only] = opened
    return only && opened.length === 1 ? only.finish(status) : finishEach(status)
  }

  async function finishEach(status: number): Promise<void> {
    const results = await Promise.allSettled(opened.map((open) => open.finish(status)))
    const errors = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []))
    if (errors.length === 0) return
    // The response becomes that error, so what the others have taken is not delivered either.
    await undeliver()
    throw errors.length === 1 ? errors[0] : new SeveralSessionsError(errors)
  }

  async function open<S extends SessionSchema, F extends SessionSchema | NoFlash>(
    opening: Promise<OpenSession<S, F>>,
  ): Promise<OpenSession<S, F>> {
    const late = committed !== undefined
    loading++
    let result: OpenSession<S, F>
    try {
      result = await opening
    } finally {
      loading--
    }
    // Nothing would commit it any more: seal it, so that a write says so instead of getting lost.
    if (late) await result.finish(500)
    opened.push(result as unknown as AnyOpen)
    return result
  }

  function claim(claimant: Claimant): void {
    for (const other of claimants) assertApart(claimant, other)
    app?.admit(claimant)
    claimants.push(claimant)
  }

  return {
    async use<S extends SessionSchema, F extends SessionSchema | NoFlash>(
      definition: Managed<S, F>,
      request: TransportRequest,
      options: UseOptions = NONE,
    ) {
      if (options !== NONE) checkOptions('useSession()', useRule, options)
      const { lock = false } = options
      const { manager } = definition
      let opening = current.get(definition) as Promise<OpenSession<S, F>> | undefined
      if (!opening) {
        claim(manager.claimant(request))
        opening = open(manager.open(request))
        current.set(definition, opening)
      }
      const found = await opening
      if (lock && !found.ended()) await found.lock()
      if (!found.ended()) return found.session
      // Parallel callers must share the fresh one as well.
      let fresh = current.get(definition) as Promise<OpenSession<S, F>>
      if (fresh === opening) {
        fresh = open(manager.openFresh(request))
        current.set(definition, fresh)
      }
      return (await fresh).session
    },
    commit: (status, response) => (committed ??= commitAll(status, response)),
    undeliver,
    announce,
  }
}
