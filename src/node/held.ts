import { Gate } from '../edge/node-gate.js'
import { type AppSessions, RETRY_AFTER, RequestSessions } from '../edge/request-sessions.js'
import type { NodeRequestLike } from '../edge/requests.js'
import { type NodeResponseLike, nodeResponse, nowhere } from '../edge/response.js'

/** What a response may come to. */
export interface Ends {
  /** It has become this error, outside of `finish`. */
  fail(error: unknown): void
  /** What would have left was dropped: the request counts as not answered. */
  refused?(): void
}

/** The sessions of one request, and the gate before its response. */
export class Held {
  readonly req: NodeRequestLike
  readonly sessions: RequestSessions
  readonly #res: NodeResponseLike
  readonly #ends: Ends
  readonly #before: (() => unknown)[] = []
  #gate: Gate | undefined

  constructor(req: NodeRequestLike, res: NodeResponseLike, app: AppSessions, ends: Ends) {
    this.req = req
    this.#res = res
    this.#ends = ends
    this.sessions = new RequestSessions(app, () => this.#guard())
  }

  /** Runs something before the commit of a response that stores its changes. */
  before(run: () => unknown): void {
    this.#before.push(run)
  }

  /** For frameworks that wait for their handlers: commits before they begin to answer, so that they can answer the failure. */
  async finish(status: number, thrown?: unknown): Promise<void> {
    await this.#gate?.settled
    const { sessions } = this
    const res = this.#res
    // A stream that failed before its first byte: an error page takes the place of the response that was committed.
    if (sessions.closed && thrown !== undefined && !res.headersSent) await sessions.undeliver()
    if (sessions.closed) return
    try {
      await this.#commit(status, thrown)
      this.#gate?.open()
    } catch (error) {
      this.#gate?.refuse()
      throw error
    }
  }

  #guard(): void {
    const res = this.#res
    if (res.headersSent) return this.sessions.close()
    this.#gate = new Gate(res, {
      commit: (status) => this.#commit(status),
      announce: () => this.#announce(),
      refused: () => this.#ends.refused?.(),
      fail: (error) => this.#ends.fail(error),
    })
    // First used by an error page: it has nothing to wait for, and still something to say.
    if (this.sessions.closed) this.#gate.open()
  }

  async #commit(status: number, thrown?: unknown): Promise<void> {
    const res = this.#res
    if (status < 500) await this.#runBefore()
    await this.sessions.commit(status, res.headersSent ? nowhere : nodeResponse(res), thrown)
    // Nothing has passed the gate, so of a response that is destroyed by now nobody will see anything.
    if (isGone(res)) await this.sessions.undeliver()
  }

  /** What fails here is the response, and drops what the others would have stored. */
  async #runBefore(): Promise<void> {
    try {
      for (const run of this.#before) await run()
    } catch (error) {
      await this.sessions.commit(500, nowhere, error).catch(() => undefined)
      throw error
    }
  }

  #announce(): void {
    const response = nodeResponse(this.#res)
    this.sessions.announce(response)
    // Of the error behind an app's own page nothing is known; mostly it is a store that did not answer.
    if (this.#res.statusCode === 503) response.setDefault('retry-after', RETRY_AFTER)
  }
}

function isGone(res: NodeResponseLike): boolean {
  // A response of HTTP/2 does not say so itself.
  const { stream } = res as { readonly stream?: { readonly destroyed?: boolean } }
  return res.destroyed === true || stream?.destroyed === true
}

const HELD = Symbol('zession')

/** On the request rather than in a WeakMap, whose entries survive every minor garbage collection. */
interface Holder {
  [HELD]?: Held
}

/** Gives a request its sessions. */
export function hold(req: NodeRequestLike, res: NodeResponseLike, app: AppSessions, ends: Ends): Held {
  const held = new Held(req, res, app, ends)
  ;(req as Holder)[HELD] = held
  return held
}

/** What a request holds. One that was made from it (a copy, a proxy) has nothing: it may act for somebody else. */
export function heldBy(req: NodeRequestLike): Held | undefined {
  const held = (req as Holder)[HELD]
  return held?.req === req ? held : undefined
}
