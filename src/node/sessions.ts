import { checkOptions } from '../core/options/check.js'
import { countCopy } from '../edge/copies.js'
import { type InstallOptions, installRule } from '../edge/install-options.js'
import { expectGate } from '../edge/node-gate.js'
import type { AppSessions } from '../edge/request-sessions.js'
import type { NodeRequestLike } from '../edge/requests.js'
import type { NodeResponseLike } from '../edge/response.js'
import { createAppClaims } from '../session/claims.js'
import { sendPage } from './error-page.js'
import { heldBy, hold } from './held.js'

/** Middleware in the form of connect. */
export type SessionsMiddleware = (req: NodeRequestLike, res: NodeResponseLike, next?: (error?: unknown) => void) => void

/**
 * Makes `useSession` work in everything behind it, for node:http, Express and whatever takes middleware of the form
 * `(req, res, next)`: all sessions used in a request are committed before the first byte of its response leaves, by the
 * status of the response. Below 500 their changes are stored, otherwise dropped. If storing fails, nothing of
 * the response leaves, and `next(error)` is called: it has `status`, `statusCode` and `code`. Without `next` the error is
 * answered by a JSON page.
 *
 * ```ts
 * app.use(sessions())
 * ```
 */
export function sessions(options: InstallOptions = {}): SessionsMiddleware {
  const app = appOf('sessions()', options)
  return (req, res, next) => {
    if (!heldBy(req)) {
      hold(req, res, app, { fail: (error) => (next ? next(error) : sendPage(res, error)) })
      expectGate(res)
    }
    next?.()
  }
}

/** What the requests of one app have in common. @throws SessionConfigError */
export function appOf(owner: string, options: InstallOptions): AppSessions {
  checkOptions(owner, installRule, options)
  countCopy('node')
  return { development: options.development, claims: createAppClaims() }
}
