import { SessionConfigError } from '../core/errors.js'
import type { Change } from './changes.js'
import type { Draft } from './contents.js'
import { type CookieAttributes, MAX_COOKIE_AGE } from './cookie.js'
import { attributesToText } from './cookie-attributes.js'
import type { Engine } from './engine.js'

/** @throws SessionConfigError for what no browser keeps */
export function remembering(engine: Engine, seconds: number | false): Change {
  if (seconds !== false) assertSeconds(seconds, 'remember')
  const { maxAge, idleTimeout } = engine.policy
  const now = engine.clock()
  const [absolute, idle] = seconds === false ? [maxAge, idleTimeout] : [seconds, seconds]
  return change((draft) => {
    draft.persistent = seconds !== false
    endIn(draft, now, absolute, idle)
  })
}

/** @throws SessionConfigError for what no browser keeps */
export function expiring(engine: Engine, seconds: number): Change {
  assertSeconds(seconds, 'setExpiry')
  const now = engine.clock()
  return change((draft) => endIn(draft, now, seconds, seconds))
}

/** @throws SessionConfigError for what browsers would drop */
export function dressingCookie(engine: Engine, options: CookieAttributes): Change {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  engine.checkCookie(given)
  const cookie = attributesToText(given)
  return change((draft) => {
    draft.cookie = cookie
  })
}

function change(apply: (draft: Draft) => void): Change {
  return { kind: 'lifetime', key: undefined, apply }
}

function endIn(draft: Draft, now: number, absoluteSeconds: number, idleSeconds: number): void {
  const { createdAt } = draft.lifetime
  draft.lifetime = { createdAt, absoluteExpiresAt: now + absoluteSeconds * 1000, idleMs: idleSeconds * 1000 }
}

function assertSeconds(seconds: number, what: string): void {
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_COOKIE_AGE) return
  throw new SessionConfigError(
    `${what}(${String(seconds)}): give whole seconds, more than 0 and at most ${MAX_COOKIE_AGE} (400 days, the longest a browser keeps a cookie).`,
  )
}
