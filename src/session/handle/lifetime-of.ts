import type { Lifetime } from '../../core/deadline.js'
import { assertReadable } from '../request/guard.js'
import type { AnySession } from './csrf-seed.js'
import { unitOf } from './session.js'

/** How long a session may live, as `remember` and `setExpiry` have left it. It stays with mere use, unlike `expiresAt`. */
export function lifetimeOf(session: AnySession): Lifetime {
  const unit = unitOf(session)
  assertReadable(unit)
  return unit.view.lifetime
}
