import { SessionStaleError } from '../core/errors.js'
import { checkValue } from '../core/options/check.js'
import { number } from '../core/options/rule.js'

const isAge = (seconds: unknown) => Number.isFinite(seconds) && (seconds as number) > 0
const ageRule = number('seconds, more than 0', isAge)

/**
 * Lets a sensitive action pass only soon after a login (step-up, ASVS 7.5.1): the session must have been created or
 * regenerated within so many seconds. Asking for the credentials again ends in `regenerate()`, which makes it recent.
 * That somebody is logged in at all is for the app to check.
 *
 * ```ts
 * requireRecent(session, 300)
 * ```
 *
 * @throws SessionStaleError (401) when the login is older
 */
export function requireRecent(session: { readonly age: number; readonly isNew: boolean }, seconds: number): void {
  if (!isAge(seconds)) checkValue('The age given to `requireRecent()`', ageRule, seconds)
  if (!session.isNew && session.age <= seconds) return
  throw new SessionStaleError(
    `This action needs a login within the last ${seconds} seconds. Ask for the credentials again, then call session.regenerate().`,
    seconds,
  )
}
