import { isObject } from '../core/value.js'
import type { InstallOptions } from '../edge/install-options.js'
import { DESCRIPTIVE } from '../edge/node-gate.js'
import type { NodeRequestLike } from '../edge/requests.js'
import type { NodeResponseLike } from '../edge/response.js'
import { sendPage } from './error-page.js'
import { heldBy, hold } from './held.js'
import { appOf } from './sessions.js'

/** What is used of an app of Fastify. */
export interface FastifyLike {
  /** Adds a hook. What hooks get is generic in Fastify, and follows from the hook itself: nothing narrower takes its type. */
  addHook(name: 'onRequest' | 'onSend', hook: (request: never, reply: never, ...rest: never[]) => void): unknown
}

type Done = (error?: Error | null, payload?: unknown) => void

/** What is used of a request of Fastify. */
interface RequestLike {
  /** The request of node. */
  readonly raw: NodeRequestLike
}

/** What is used of a reply of Fastify. */
interface ReplyLike {
  /** The response of node. */
  readonly raw: NodeResponseLike
  /** Its status. */
  readonly statusCode: number
  /** Takes back a header that is not sent yet. */
  removeHeader(name: string): unknown
}

/**
 * A plugin of Fastify that makes `useSession(request, definition)` work in all routes, those of other plugins too. Sessions
 * are committed before a reply is sent, by its status; a failed commit goes to the error handler, with `statusCode` and
 * `code`.
 *
 * ```ts
 * await app.register(fastifySessions)
 * ```
 */
export const fastifySessions: (fastify: FastifyLike, options: InstallOptions, done: (error?: Error) => void) => void =
  Object.assign(
    (fastify: FastifyLike, options: InstallOptions, done: (error?: Error) => void): void => {
      const app = appOf('fastifySessions', options)
      fastify.addHook('onRequest', ({ raw }: RequestLike, reply: ReplyLike, next: Done) => {
        if (!heldBy(raw)) hold(raw, reply.raw, app, { fail: (error) => sendPage(reply.raw, error) })
        next()
      })
      fastify.addHook('onSend', ({ raw }: RequestLike, reply: ReplyLike, payload: unknown, next: Done) => {
        const held = heldBy(raw)
        if (!held?.sessions.used || held.sessions.closed) return next(null, payload)
        held.finish(reply.statusCode).then(
          () => next(null, payload),
          (error: Error) => {
            cancel(payload)
            for (const name of DESCRIPTIVE) reply.removeHeader(name)
            next(error)
          },
        )
      })
      done()
    },
    // How `fastify-plugin` marks what is not to be shut in a scope of its own.
    {
      [Symbol.for('skip-override')]: true,
      [Symbol.for('fastify.display-name')]: 'zession',
      [Symbol.for('plugin-meta')]: { name: 'zession', fastify: '5.x' },
    },
  )

/** Ends a stream that would have been sent; Fastify sends those of node, those of the web and a Response. */
function cancel(payload: unknown): void {
  const body = payload instanceof Response ? payload.body : payload
  if (body instanceof ReadableStream) {
    if (!body.locked) void body.cancel().catch(() => {})
  } else if (isObject(body) && typeof body['pipe'] === 'function' && typeof body['destroy'] === 'function') {
    ;(body as unknown as { destroy(): unknown }).destroy()
  }
}
