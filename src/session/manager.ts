import { expiresAtAfterUse } from '../core/deadline.js'
import { SessionGoneError } from '../core/errors.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { Carrier, Carriers } from './carrier.js'
import type { Claimant } from './claims.js'
import { commit, isCommitted } from './commit.js'
import { attributesFromText } from './cookie-attributes.js'
import type { Engine } from './engine.js'
import { putBackFlash, sweepFlash } from './flash-claim.js'
import { confirmId } from './forwards.js'
import { load } from './load.js'
import { lock, unlock } from './lock.js'
import { isLookedAt } from './purpose.js'
import { isRotationDue, rotateWithGrace } from './rotation.js'
import { type Session, sessionClassOf } from './session.js'
import { ended, inTurn, refreshView, type SessionState } from './state.js'
import { candidatesOf, type TransportRequest, type TransportResponse } from './transport.js'

/** One session in one request, from load to commit. What an HTTP edge holds; the app gets `session`. */
export interface OpenSession<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** What the app gets. */
  readonly session: Session<S, F>
  /** True once the session has ended, by this request or another: the edge opens a fresh one when it is asked again. */
  ended(): boolean
  /** Waits until no other request that asked for it has this session. @throws SessionConflictError, StoreError */
  lock(): Promise<void>
  /**
   * Stores the changes, or with a 5xx status drops them. Afterwards the session refuses writes.
   * @throws StoreError, SessionConflictError, CodecError, SessionValidationError, by policy SessionGoneError
   */
  finish(status: number): Promise<void>
  /** Puts back the flash that a finished request has taken, because an error replaces its response. Never rejects. */
  undeliver(): Promise<void>
  /** Tells the client what became of its session, as far as the store has said ok. */
  announce(response: TransportResponse): void
}

/** Opens sessions of one definition, for HTTP edges. */
export interface SessionManager<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** The session that a request brings, or a new one. @throws StoreError, MisdeployError */
  open(request: TransportRequest): Promise<OpenSession<S, F>>
  /** The same for `useReadonlySession`: nothing is written. @throws StoreError, MisdeployError */
  openReadonly(request: TransportRequest): Promise<Session<S, F>>
  /** A new session beside one that has ended. */
  openFresh(request: TransportRequest): Promise<OpenSession<S, F>>
  /** What it would write to. */
  claimant(request: TransportRequest): Claimant
}

export function createManager<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  engine: Engine,
  carriers: Carriers,
): SessionManager<S, F> {
  const SessionOf = sessionClassOf<S, F>(engine)
  const opening = (phase: 'open' | 'readonly', request: TransportRequest) => ({
    phase,
    lookedAt: () => isLookedAt(request),
    development: carriers.mode.of(request.development),
  })

  function toOpen(state: SessionState, carrier: Carrier, request: TransportRequest): OpenSession<S, F> {
    return {
      session: new SessionOf(state),
      // No getter: in an object literal V8 gives every one of them a hidden class of its own, at twice the cost of the request.
      ended: () => state.phase === 'destroyed' || state.phase === 'gone',
      lock: () =>
        inTurn(state, async () => {
          if (state.lock) return
          await lock(engine, state)
          // Those before it may have left something to show.
          if (state.log.length === 0) await sweepIfDue(engine, state)
        }),
      async finish(status) {
        const failures = state.turn || state.calls?.size ? await ended(state) : []
        const failure = failures.find((error) => !isIgnored(engine, error))
        if (failure === undefined && isFinished(engine, state)) {
          state.phase = 'sealed'
          return
        }
        try {
          await finish(engine, state, failure === undefined ? status : 500)
        } finally {
          await unlock(engine, state)
        }
        if (failure !== undefined) throw failure
      },
      undeliver: () => putBack(engine, state),
      announce: (response) => {
        if (announceTo(engine, state, carrier, response)) carrier.sent(request)
      },
    }
  }
  return {
    async open(request) {
      const carrier = carriers.of(request)
      const state = await load(engine, candidatesOf(carrier.transport.read(request)), opening('open', request))
      await sweepIfDue(engine, state)
      return toOpen(state, carrier, request)
    },
    async openReadonly(request) {
      const { transport } = carriers.of(request)
      return new SessionOf(await load(engine, candidatesOf(transport.read(request)), opening('readonly', request)))
    },
    openFresh: async (request) =>
      toOpen(
        await load(engine, [], { ...opening('open', request), lookedAt: () => true }),
        carriers.of(request),
        request,
      ),
    claimant: (request) => carriers.of(request).claimant,
  }
}

async function sweepIfDue(engine: Engine, state: SessionState): Promise<void> {
  if (engine.policy.flashMode === 'next-request') await sweepFlash(engine, state)
}

/** Whether nothing is left to do, whatever the status, as with most requests that only read. */
function isFinished(engine: Engine, state: SessionState): boolean {
  if (state.phase !== 'open' || state.lock || state.taken || state.announcement !== 'none') return false
  if (state.stored && isRotationDue(engine, state.stored)) return false
  return isCommitted(engine, state)
}

async function finish(engine: Engine, state: SessionState, status: number): Promise<void> {
  if (state.phase !== 'open') return
  // Before anything is awaited: a write that came during the commit would be in neither the record nor an error.
  state.phase = 'sealed'
  const told = state.announcement === 'renewed' ? state.stored : undefined
  try {
    await conclude(engine, state, status)
  } finally {
    if (state.rotated || (told && told === state.stored)) await confirmId(engine, state)
  }
}

async function conclude(engine: Engine, state: SessionState, status: number): Promise<void> {
  try {
    if (status >= 500 && !engine.policy.keepOnServerError) await putBack(engine, state)
    else {
      await commit(engine, state)
      if (status >= 500) await putBack(engine, state)
      const { rotation } = engine
      if (rotation && state.stored && isRotationDue(engine, state.stored))
        await rotateWithGrace(engine, state, rotation)
    }
  } catch (error) {
    // The response becomes this error, so what it has taken is not delivered.
    if (!(error instanceof SessionGoneError) && state.taken) await putBack(engine, state)
    if (!isIgnored(engine, error)) throw error
  }
}

function isIgnored(engine: Engine, error: unknown): boolean {
  return error instanceof SessionGoneError && engine.policy.onGone === 'ignore'
}

/** The changes of a failed response are dropped, and what it has taken is there for the next one. */
async function putBack(engine: Engine, state: SessionState): Promise<void> {
  state.log = []
  refreshView(state)
  if (!state.taken || state.phase !== 'sealed') return
  try {
    await putBackFlash(engine, state)
  } catch (error) {
    if (error instanceof SessionGoneError) return
    engine.emit('storeError', state.id, { error })
  }
}

/** True when an id has gone out. */
function announceTo(engine: Engine, state: SessionState, { transport }: Carrier, response: TransportResponse): boolean {
  const { announcement, id, stored } = state
  const cookie = attributesFromText(stored?.contents.cookie)
  if (announcement === 'clear') transport.clear(response, cookie)
  if (id === undefined || !stored || (announcement !== 'created' && announcement !== 'renewed')) return false
  const { lifetime, persistent } = stored.contents
  const now = engine.clock()
  const seconds = Math.ceil((expiresAtAfterUse(lifetime, now) - now) / 1000)
  const maxAge = persistent || engine.policy.persistent ? seconds : undefined
  transport.write(response, id, announcement === 'created', { maxAge, cookie })
  return true
}
