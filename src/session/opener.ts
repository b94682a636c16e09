import type { FlashKey, NoFlash, SessionSchema } from '../schema/types.js'
import type { Carrier, Carriers } from './carrier.js'
import type { Claimant } from './claims.js'
import type { DefinitionRuntime } from './definition/runtime.js'
import type { StoreAssumptions } from './definition/store-assumptions.js'
import type { Session } from './handle/session.js'
import { sessionClassOf } from './handle/session-class.js'
import { orAdopted } from './request/adopt-session.js'
import { endRequest, undeliver } from './request/end.js'
import { sweepFlash } from './request/flash-claim.js'
import { load } from './request/load.js'
import { lock } from './request/lock.js'
import { partOf } from './request/part.js'
import { SharedCookies } from './request/share.js'
import type { Circumstances, UnitOfWork } from './request/unit-of-work.js'
import type { SealedSessions } from './sealed/parts.js'
import { isReader } from './transport/fetch-metadata.js'
import { forgotten } from './transport/old-request.js'
import { candidatesOf, type TransportRequest, type TransportResponse } from './transport/transport.js'
import { type Visit, visitWithId, visitWithSession } from './visit.js'

/** One session in one request, from load to commit. What an HTTP edge holds; the app gets `session`. */
export interface OpenSession<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** What the app gets. */
  readonly session: Session<S, F>
  /** True once the session has ended, by this request or another: the edge opens a fresh one when it is asked again. */
  ended(): boolean
  /** Whether this request has changed what is stored, or found it ended. Known when it is finished. */
  changed(): boolean
  /** Waits until no other request that asked for it has this session. @throws SessionConflictError, StoreError */
  lock(): Promise<void>
  /**
   * Stores the changes, or with a 5xx status drops them. Afterwards the session refuses writes.
   * @throws StoreError, SessionConflictError, CodecError, SessionValidationError
   */
  finish(status: number): Promise<void>
  /** Puts back the flash that a finished request has taken, because an error replaces its response. Never rejects. */
  undeliver(): Promise<void>
  /** The same session for a request inside this one, which can fail alone. */
  part(): SessionPart<S, F>
  /** Tells the client what became of its session, as far as the store has said ok. */
  announce(response: TransportResponse): void
}

/** A session as a request inside another one has it. */
export interface SessionPart<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** What the app gets. */
  readonly session: Session<S, F>
  /** The inner request has failed: what it changed and took is taken back, if it is not stored yet. */
  takeBack(): void
}

/** Opens sessions of one definition, for HTTP edges. */
export interface SessionOpener<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** The session that a request brings, or a new one. @throws StoreError, MisdeployError */
  open(request: TransportRequest): Promise<OpenSession<S, F>>
  /** The same for `useReadonlySession`: nothing is written. @throws StoreError, MisdeployError */
  openReadonly(request: TransportRequest): Promise<Session<S, F>>
  /** A new session beside one that has ended. */
  openFresh(request: TransportRequest): Promise<OpenSession<S, F>>
  /** The ids that a request brings, unchecked: two requests that bring the same act for the same client. */
  presented(request: TransportRequest): readonly string[]
  /** What it would write to. */
  claimant(request: TransportRequest): Claimant
  /** What the framework around the app decides for the definition; the app's own choice wins. Before the store is first used. */
  assume(assumptions: StoreAssumptions): void
}

export function createOpener<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  runtime: DefinitionRuntime,
  carriers: Carriers,
  sealed: SealedSessions | undefined,
  assume: (assumptions: StoreAssumptions) => void,
): SessionOpener<S, F> {
  const SessionOf = sessionClassOf<S, F>(runtime)
  const circumstances = (phase: 'open' | 'readonly', request: TransportRequest): Circumstances => ({
    phase,
    isReader: () => isReader(request),
    development: carriers.mode.of(request.development),
  })

  /** @param brings false for a session beside one that has ended */
  function visitOf(carrier: Carrier, request: TransportRequest, brings = true): Visit {
    const asking = brings ? request : undefined
    return sealed && carrier.sealed
      ? visitWithSession(runtime, sealed, carrier.sealed, asking)
      : visitWithId(runtime, carrier, asking)
  }

  function toOpen(
    unit: UnitOfWork,
    visit: Visit,
    carrier: Carrier,
    request: TransportRequest,
    forget: readonly string[] = [],
  ): OpenSession<S, F> {
    const before = unit.stored?.revision
    const shared =
      runtime.adoption?.shares &&
      new SharedCookies(runtime.adoption.shares, unit, carriers.mode.of(request.development))
    return {
      session: new SessionOf(unit),
      // No getter: in an object literal V8 gives every one of them a hidden class of its own, at twice the cost of the request.
      ended: () => unit.phase === 'destroyed' || unit.phase === 'gone',
      changed: () => unit.stored?.revision !== before || unit.phase === 'destroyed' || unit.phase === 'gone',
      lock: () =>
        unit.calls.inTurn(async () => {
          visit.assertLockable()
          if (unit.lock) return
          await lock(unit)
          // Those before it may have left something to show.
          if (runtime.policies.sweepsFlash && unit.log.length === 0) await sweepFlash(unit)
        }),
      finish: (status) => (shared ? shared.finish(request, status) : endRequest(unit, status)),
      undeliver: () => undeliver(unit),
      part: () => toPart(unit),
      announce: (response) => {
        if (visit.announce(unit, response)) carrier.sent(request)
        for (const name of forget) response.setCookie(name, forgotten(name))
        shared?.send(response)
      },
    }
  }

  function toPart(unit: UnitOfWork): SessionPart<S, F> {
    const part = partOf(unit)
    const session = new SessionOf(part.unit)
    return {
      session,
      takeBack() {
        for (const channel of part.takeBack()) session.flash.keep(channel as FlashKey<F>)
      },
    }
  }

  return {
    async open(request) {
      const carrier = carriers.of(request)
      const visit = visitOf(carrier, request)
      let unit = await load(visit.runtime, visit.ids, circumstances('open', request))
      let forget: readonly string[] | undefined
      if (runtime.adoption && !unit.stored)
        ({ unit, forget } = await orAdopted(runtime.adoption, unit, request, circumstances('open', request)))
      if (runtime.policies.sweepsFlash) await sweepFlash(unit)
      return toOpen(unit, visit, carrier, request, forget)
    },
    async openReadonly(request) {
      const visit = visitOf(carriers.of(request), request)
      const unit = await load(visit.runtime, visit.ids, circumstances('readonly', request))
      if (!runtime.adoption || unit.stored) return new SessionOf(unit)
      const circumstance = circumstances('readonly', request)
      return new SessionOf((await orAdopted(runtime.adoption, unit, request, circumstance)).unit)
    },
    async openFresh(request) {
      const carrier = carriers.of(request)
      const visit = visitOf(carrier, request, false)
      const unit = await load(visit.runtime, visit.ids, { ...circumstances('open', request), isReader: () => true })
      return toOpen(unit, visit, carrier, request)
    },
    presented: (request) => candidatesOf(carriers.of(request).transport.read(request)),
    claimant: (request) => carriers.of(request).claimant,
    assume,
  }
}
