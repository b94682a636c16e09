import { AsyncLocalStorage } from 'node:async_hooks'
import { SessionConfigError } from '../core/errors.js'
import { checkOptions } from '../core/options/check.js'
import { isObject } from '../core/value.js'
import { countCopy } from '../edge/copies.js'
import { type InstallOptions, installRule } from '../edge/install-options.js'
import type { AppSessions } from '../edge/request-sessions.js'
import { createAppClaims } from '../session/claims.js'
import { notAnApp } from './calls.js'
import type { EventSessions } from './event-sessions.js'
import { type H3V1AppLike, installV1 } from './v1.js'
import { type H3V2AppLike, installV2 } from './v2.js'

/** An app of h3 v1 or v2, or Nitro's: that of version 2 holds one of h3 v1, that of version 3 one of h3 v2. */
export type H3AppLike =
  | H3V1AppLike
  | H3V2AppLike
  | {
      /** The app in a `nitroApp` of Nitro 2. */
      readonly h3App: H3V1AppLike
    }
  | {
      /** The app in a `nitroApp` of Nitro 3. */
      readonly h3: H3V2AppLike
    }

const installed = new WeakMap<object, boolean | undefined>()

/**
 * Makes `useSession` work in every handler and middleware of an app and of the apps mounted in it: all sessions used in a
 * request are committed before its response leaves. Below status 500 their changes are stored; from 500 on, and when a
 * handler throws an error of such a status, they are dropped. If storing fails, the response is that error instead (503 when
 * the store is down).
 *
 * Call it once, after setting `onError` and before `serve`. Further calls for the same app do nothing, if they say the same.
 *
 * ```ts
 * const app = new H3()
 * installSessions(app)
 * ```
 *
 * @throws SessionConfigError when `app` is not an h3 app, already serves, or has another `development`
 */
export function installSessions(app: H3AppLike, options: InstallOptions = {}): void {
  install(app, options)
}

/** For what is built on top: also hears of what each response says. */
export function install(app: H3AppLike, options: InstallOptions, announced?: AppSessions['announced']): void {
  checkOptions('installSessions()', installRule, options)
  const { development } = options
  const target = h3AppOf(app)
  assertDevelopment(target, development)
  if (installed.has(target)) return
  const common: AppSessions = { development, claims: createAppClaims(), announced }
  // Only servers that make requests to themselves pay for it.
  const handling = target === app ? undefined : new AsyncLocalStorage<EventSessions>()
  if (isV2App(target)) installV2(target, common, handling)
  else if (isV1App(target)) installV1(target, common, handling)
  else throw notAnApp(app)
  installed.set(target, development)
  countCopy('h3')
}

function h3AppOf(app: unknown): object {
  if (typeof app !== 'function' && !isObject(app)) throw notAnApp(app)
  const { h3App, h3 } = app as { readonly h3App?: unknown; readonly h3?: unknown }
  return [h3App, h3].find(isObject) ?? app
}

function assertDevelopment(target: object, development: unknown): void {
  if (development === undefined) return
  if (installed.has(target) && installed.get(target) !== development)
    throw new SessionConfigError(
      'installSessions(app) was called for this app before, with another `development`. Say it in the first call.',
    )
}

function isV2App(app: object): app is H3V2AppLike {
  const { fetch, config, '~middleware': line }: Partial<H3V2AppLike> = app
  return typeof fetch === 'function' && Array.isArray(line) && isObject(config)
}

function isV1App(app: object): app is H3V1AppLike {
  const { stack, handler, options }: Partial<H3V1AppLike> = app
  return Array.isArray(stack) && typeof handler === 'function' && typeof options === 'object'
}
