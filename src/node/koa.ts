import type { InstallOptions } from '../edge/install-options.js'
import { statusOfError } from '../edge/public-error.js'
import type { NodeRequestLike } from '../edge/requests.js'
import type { NodeResponseLike } from '../edge/response.js'
import { type Held, heldBy, hold } from './held.js'
import { appOf } from './sessions.js'

/** What is used of a context of Koa. */
export interface KoaContextLike {
  /** The request of node. */
  readonly req: NodeRequestLike
  /** The response of node. */
  readonly res: NodeResponseLike
  /** False where the app answers by `res` itself. */
  respond?: boolean
}

/**
 * Makes `useSession(ctx, definition)` work in the middleware of Koa behind it. Sessions are committed when that has
 * ended, by its status or by that of the error that it throws; a failed commit is an error that middleware before it can
 * catch, with `status` and `code`.
 *
 * ```ts
 * app.use(koaSessions())
 * ```
 */
export function koaSessions(
  options: InstallOptions = {},
): (ctx: KoaContextLike, next: () => Promise<unknown>) => Promise<unknown> {
  const app = appOf('koaSessions()', options)
  return (ctx, next) => {
    const { req, res } = ctx
    if (heldBy(req)) return next()
    // By hand, because a failed commit must end the request even if a middleware waits for a stream that nobody reads now.
    return new Promise((resolve, reject) => {
      const refused = () => {
        // The error has to be answered by Koa all the same.
        if (ctx.respond === false) ctx.respond = true
      }
      around(hold(req, res, app, { fail: reject, refused }), res, next).then(resolve, reject)
    })
  }
}

async function around(held: Held, res: NodeResponseLike, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
  } catch (error) {
    await held.finish(statusOfError(error), error)
    throw error
  }
  await held.finish(res.statusCode)
}
