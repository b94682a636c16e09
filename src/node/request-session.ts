import { SessionConfigError } from '../core/errors.js'
import { copyValue, sameValue } from '../core/value.js'
import { assertDefinition, isDefinition } from '../edge/definition.js'
import type { Managed } from '../edge/request-sessions.js'
import { type NodeRequestLike, nodeRequest } from '../edge/requests.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { Session } from '../session/handle/session.js'
import { notInstalled } from './calls.js'
import { heldBy } from './held.js'

type Callback = (error?: unknown) => void
type Data = Record<string, unknown>

/** What is used of a session here, where its keys are whatever a library writes. */
interface OpenSession {
  readonly id: string | undefined
  readonly data: Data
  set(key: string, value: unknown): void
  delete(key: string): unknown
  save(): Promise<void>
  regenerate(options: { keep: readonly string[] }): Promise<void>
  destroy(): Promise<void>
  touch(): void
  remember(seconds: number | false): void
}

/**
 * Middleware that puts a session under `req.session` as express-session would, for libraries that want it there: Passport,
 * connect-flash, csurf. It is an object to write to, with `id`, `cookie.maxAge`, `save(cb)`, `regenerate(cb)`, `destroy(cb)`,
 * `reload(cb)` and `touch()`; what has changed in it is stored with the response, key by key. The keys that libraries
 * write must be in the schema of the definition.
 *
 * ```ts
 * app.use(sessions(), requestSession(appSession), passport.session())
 * ```
 */
export function requestSession<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  definition: Managed<S, F>,
): (req: NodeRequestLike, res: unknown, next: Callback) => void {
  if (!isDefinition(definition)) assertDefinition(definition, 'requestSession(definition)')
  return (req, _res, next) => {
    attach(req, definition).then(() => next(), next)
  }
}

async function attach<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  req: NodeRequestLike,
  definition: Managed<S, F>,
): Promise<void> {
  const held = heldBy(req)
  if (!held) throw notInstalled()
  const session = (await held.sessions.use(definition, nodeRequest(req))) as Session<S, F> as unknown as OpenSession
  const bridge = new Bridge(req as Holder, session)
  held.before(() => bridge.flush())
}

interface Holder {
  session?: object | undefined
  sessionID?: string | undefined
}

class Bridge {
  readonly #req: Holder
  readonly #session: OpenSession
  /** What the app and its libraries write to; undefined when the session has ended. */
  #view: Data | undefined

  constructor(req: Holder, session: OpenSession) {
    this.#req = req
    this.#session = session
    this.#show()
  }

  /** Brings what has changed in `req.session` into the session. */
  flush(): void {
    const view = this.#view
    if (!view) return
    const before = this.#session.data
    for (const key of Object.keys(view)) if (!sameValue(view[key], before[key])) this.#session.set(key, view[key])
    for (const key of Object.keys(before)) if (!Object.hasOwn(view, key)) this.#session.delete(key)
  }

  #show(): void {
    const view = Object.assign(Object.create(this.#methods()) as Data, copyValue(this.#session.data))
    this.#view = view
    this.#req.session = view
    this.#req.sessionID = this.#session.id
  }

  /** On the prototype, so that the object itself has the keys of the session alone. */
  #methods(): object {
    const session = this.#session
    const call = (run: () => unknown) => (callback?: Callback) => {
      // The callback is the app's: what it throws is not the session's failure.
      const ended = (error?: unknown) => {
        if (callback) process.nextTick(callback, error)
      }
      void Promise.resolve()
        .then(run)
        .then(() => ended(), ended)
      return this.#view
    }
    const methods = {
      save: call(() => (this.flush(), session.save())),
      regenerate: call(async () => (await session.regenerate({ keep: [] }), this.#show())),
      reload: call(() => this.#show()),
      destroy: call(async () => {
        this.#view = undefined
        this.#req.session = undefined
        await session.destroy()
      }),
      touch: () => (session.touch(), this.#view),
    }
    const descriptors = Object.entries(methods).map(([name, value]) => [name, { value, enumerable: false }] as const)
    return Object.create(Object.prototype, {
      ...Object.fromEntries(descriptors),
      id: { get: () => session.id },
      cookie: { value: cookieOf(session) },
    }) as object
  }
}

/** What apps set of it: how long the session is remembered. */
function cookieOf(session: OpenSession): object {
  let maxAge: number | null = null
  const remember = (milliseconds: number | null) => {
    maxAge = milliseconds
    session.remember(milliseconds === null ? false : Math.round(milliseconds / 1000))
  }
  return {
    get originalMaxAge() {
      return maxAge
    },
    get maxAge() {
      return maxAge
    },
    /** In milliseconds, as express-session has it. */
    set maxAge(milliseconds: number | null) {
      remember(milliseconds)
    },
    get expires() {
      return false
    },
    set expires(value: false) {
      if (value !== false)
        throw new SessionConfigError('req.session.cookie.expires takes false alone here. Set `cookie.maxAge` instead.')
      remember(null)
    },
  }
}
