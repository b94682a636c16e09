import { SessionConfigError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { flag, group, listener } from '../core/options/rule.js'
import { describeShape } from '../core/shape.js'
import { countCopy } from '../edge/copies.js'
import type { InstallOptions } from '../edge/install-options.js'
import type { AppSessions } from '../edge/request-sessions.js'
import type { WebRequestLike } from '../edge/requests.js'
import { createAppClaims } from '../session/claims.js'
import { answerError, commitAnswer } from './answer.js'
import { openSessions, sessionsOf } from './request.js'

/** Options of `withSessions`. */
export interface WithSessionsOptions extends InstallOptions {
  /**
   * Makes the response to what the handler throws, and to a commit that fails. It may read sessions, not write them.
   * @default a JSON page with the status of the error; what is no error of a session is logged, and thrown on where the
   * request has used none
   */
  readonly onError?: OnError
}

type OnError = (error: unknown, request: WebRequestLike) => Response | undefined | Promise<Response | undefined>

export const withSessionsRule = group<WithSessionsOptions>({ development: flag, onError: listener() })

/**
 * Makes `useSession` work in a handler and in everything that it calls: all sessions used in a request are committed before
 * its response is handed on. Below status 500 their changes are stored; from 500 on, and when the handler throws an
 * error of such a status, they are dropped. If storing fails, the response is that error instead (503 when the store is down).
 * Further arguments, such as `env` of a Worker, are passed on.
 *
 * ```ts
 * export default { fetch: withSessions((request) => app.fetch(request)) }
 * ```
 *
 * @throws SessionConfigError when `handler` is no function
 */
export function withSessions<R extends WebRequestLike, A extends readonly unknown[], T extends Response | void>(
  handler: (request: R, ...rest: A) => T | Promise<T>,
  options: WithSessionsOptions = {},
): (request: R, ...rest: A) => Promise<T | Response> {
  if (typeof handler !== 'function')
    throw new SessionConfigError(
      `withSessions(handler) needs a function that answers a Request, and got ${describeShape(handler)}. Of an app pass \`(request) => app.fetch(request)\`.`,
    )
  checkOptions('withSessions()', withSessionsRule, options)
  const { development, onError } = options
  const app: AppSessions = { development, claims: createAppClaims() }
  countCopy('web')
  return async (request, ...rest) => {
    // Of a handler in a handler the outer one commits. A request that is answered again begins anew.
    if (sessionsOf(request)?.closed === false) return handler(request, ...rest)
    const sessions = openSessions(request, app)
    let answer: T | Response
    try {
      answer = await handler(request, ...rest)
    } catch (error) {
      if (!(error instanceof Response)) return answerError(sessions, request, error, onError)
      answer = error
    }
    if (!sessions.used) {
      sessions.close()
      return answer
    }
    return (await commitAnswer(sessions, request, answer, onError)) as T | Response
  }
}
