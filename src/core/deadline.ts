/**
 * The two clocks of a session (NIST SP 800-63B 5.2, ASVS 7.3.1 and 7.3.2): the idle one restarts with every use,
 * the absolute one never does. All times are milliseconds since the Unix epoch.
 */
export interface Lifetime {
  readonly createdAt: number
  /** The absolute deadline. */
  readonly absoluteExpiresAt: number
  /** How long the session may stay unused. */
  readonly idleMs: number
}

export function startLifetime(now: number, maxAgeSeconds: number, idleSeconds: number): Lifetime {
  return { createdAt: now, absoluteExpiresAt: now + maxAgeSeconds * 1000, idleMs: idleSeconds * 1000 }
}

/** When the session ends if it is used now and never again. */
export function expiresAtAfterUse(lifetime: Lifetime, now: number): number {
  return Math.min(now + lifetime.idleMs, lifetime.absoluteExpiresAt)
}

/** A session is gone at its deadline, not after it. */
export function isExpired(expiresAt: number, now: number): boolean {
  return now >= expiresAt
}

/**
 * Whether a use at `now` should renew the stored deadline. Errs on the side of not touching: the stored deadline may lag
 * behind the true one by up to `touchAfterMs`, so a session may end that much early, never late.
 */
export function isTouchDue(lifetime: Lifetime, storedExpiresAt: number, now: number, touchAfterMs: number): boolean {
  const renewed = expiresAtAfterUse(lifetime, now)
  return (
    renewed > storedExpiresAt && (renewed - storedExpiresAt >= touchAfterMs || renewed === lifetime.absoluteExpiresAt)
  )
}
