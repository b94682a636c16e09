import { type Lifetime, startLifetime } from '../../core/deadline.js'
import type { NoFlash, SessionSchema } from '../../schema/types.js'
import type { Contents } from '../record/contents.js'
import type { Settings } from './settings.js'

/** What the options of a definition decide for its requests, resolved once. How many sessions a subject may have is with `subject`. */
export interface Policies {
  /** Both clocks of a session that begins now. */
  begin(now: number): Lifetime
  /** Both clocks of one whose privilege changes now; a remembered one keeps its own length. */
  restart(before: Contents, now: number): Lifetime
  /** How many milliseconds the stored deadline may lag: less for a session of a shorter idle time, which would end in use otherwise. */
  touchAfter(lifetime: Lifetime): number
  /** Whether the client keeps the cookie over a restart of the browser. */
  isPersistent(contents: Contents): boolean
  /** How ids rotate; undefined where only `regenerate()` and `rotate()` change them. */
  readonly rotation: RotationPolicy | undefined
  /** Whether a rotated id that is used after its grace ends the session. */
  readonly revokesReused: boolean
  /** Whether a request goes on with an empty session when the store fails on read. */
  readonly survivesOutage: boolean
  /** The header `Clear-Site-Data` of a response that ends a session; undefined for none. */
  readonly clearSiteData: string | undefined
  /** Whether a request takes all waiting flash at its beginning. */
  readonly sweepsFlash: boolean
}

/** Seconds. */
export interface RotationPolicy {
  readonly every: number
  /** How long the old id still redirects to the session: requests in flight have it, and a response that got lost. */
  readonly grace: number
}

/** @param persistent whether the cookie of every session outlives the browser */
export function resolvePolicies(settings: Settings<SessionSchema | NoFlash>, persistent: boolean): Policies {
  const { maxAge, idleTimeout, touchAfter = idleTimeout / 10, rotateEvery, rotateGrace } = settings
  const begin = (now: number) => startLifetime(now, maxAge, idleTimeout)
  return {
    begin,
    restart(before, now) {
      const remembered = before.lifetime.idleMs / 1000
      return before.persistent ? startLifetime(now, remembered, remembered) : begin(now)
    },
    touchAfter: ({ idleMs }) => touchAfter * 1000 * Math.min(1, idleMs / (idleTimeout * 1000)),
    isPersistent: (contents) => persistent || contents.persistent,
    rotation: rotateEvery === undefined ? undefined : { every: rotateEvery, grace: rotateGrace },
    revokesReused: rotateEvery !== undefined && settings.onReuse === 'revoke',
    survivesOutage: settings.onStoreError === 'anonymous',
    clearSiteData: siteDataOf(settings.clearSiteData),
    sweepsFlash: settings.flashMode === 'next-request',
  }
}

function siteDataOf(given: boolean | readonly string[] | undefined): string | undefined {
  const names = given === true ? ['cache', 'storage'] : given || []
  return names.length === 0 ? undefined : names.map((name) => `"${name}"`).join(', ')
}
