import { SessionConfigError } from '../core/errors.js'
import { type H3V1AppLike, installV1 } from './v1.js'
import { type H3V2AppLike, installV2 } from './v2.js'

/** An app of h3 v1 or v2, or Nitro's (version 2), which holds one of h3 v1. */
export type H3AppLike = H3V1AppLike | H3V2AppLike | { readonly h3App: H3V1AppLike }

const installed = new WeakSet<object>()

/**
 * Makes `useSession` work in every handler and middleware of an app and of the apps mounted in it: all sessions used in a
 * request are committed before its response leaves. Below status 500 their changes are stored; from 500 on, and when a
 * handler throws an error of such a status, they are dropped. If storing fails, the response is that error instead (503 when
 * the store is down).
 *
 * Call it once, after setting `onError` and before `serve`. Further calls for the same app do nothing.
 *
 * ```ts
 * const app = new H3()
 * installSessions(app)
 * ```
 *
 * @throws SessionConfigError when `app` is not an h3 app, or already serves
 */
export function installSessions(app: H3AppLike): void {
  const target = 'h3App' in app ? app.h3App : app
  if (installed.has(target)) return
  if (isV2App(target)) installV2(target)
  else if (isV1App(target)) installV1(target)
  else
    throw new SessionConfigError(
      'installSessions(app) needs an h3 app: `new H3()` of h3 v2, `createApp()` of h3 v1, or the argument of a Nitro plugin.',
    )
  installed.add(target)
}

function isV2App(app: object): app is H3V2AppLike {
  const { fetch, use, config }: Partial<H3V2AppLike> = app
  return typeof fetch === 'function' && typeof use === 'function' && typeof config === 'object'
}

function isV1App(app: object): app is H3V1AppLike {
  const { stack, handler, options }: Partial<H3V1AppLike> = app
  return Array.isArray(stack) && typeof handler === 'function' && typeof options === 'object'
}
