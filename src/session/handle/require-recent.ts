import { SessionStaleError } from '../../core/errors.js'
import { checkValue } from '../../core/options/check.js'
import { number } from '../../core/options/rule.js'
import type { SessionSchema } from '../../schema/types.js'
import type { ReadonlySession } from './session.js'

const isAge = (seconds: unknown) => Number.isFinite(seconds) && (seconds as number) > 0
const ageRule = number('seconds, more than 0', isAge)

/**
 * Lets a sensitive action pass only soon after a login (step-up): the session must have been created or regenerated within
 * `seconds`. See the [OWASP cheat sheet](https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html). Asking for the credentials again ends in `regenerate()`, which makes it recent.
 * That somebody is logged in at all is for the app to check.
 *
 * ```ts
 * requireRecent(session, 300)
 * ```
 *
 * @throws SessionStaleError (401) when the login is older
 */
export function requireRecent(session: Pick<ReadonlySession<SessionSchema>, 'age' | 'isNew'>, seconds: number): void {
  if (!isAge(seconds)) checkValue('The age given to `requireRecent()`', ageRule, seconds)
  if (!session.isNew && session.age <= seconds) return
  throw new SessionStaleError(
    `This action needs a login within the last ${seconds} seconds. Ask for the credentials again, then call session.regenerate().`,
    seconds,
  )
}
