import { startLifetime } from '../../core/deadline.js'
import { checkOptions, checkValue } from '../../core/options/check.js'
import { either, oneOnly } from '../../core/options/rule.js'
import { cookieAttributesRule, lifetimeRule } from '../definition/option-rules.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import type { Change } from '../record/changes.js'
import type { Draft } from '../record/draft.js'
import type { CookieAttributes } from '../transport/cookie.js'
import { attributesToText } from '../transport/cookie-attributes.js'

const rememberRule = either(lifetimeRule, oneOnly(false))

/** @throws SessionConfigError for what no browser keeps */
export function rememberChange(runtime: DefinitionRuntime, seconds: number | false): Change {
  checkValue('The argument of `remember()`', rememberRule, seconds)
  const now = runtime.clock()
  const lifetime = seconds === false ? runtime.policies.begin(now) : startLifetime(now, seconds, seconds)
  return change((draft) => {
    draft.persistent = seconds !== false
    draft.lifetime = { ...lifetime, createdAt: draft.lifetime.createdAt }
  })
}

/** @throws SessionConfigError for what no browser keeps */
export function expiryChange(runtime: DefinitionRuntime, seconds: number): Change {
  checkValue('The argument of `setExpiry()`', lifetimeRule, seconds)
  const lifetime = startLifetime(runtime.clock(), seconds, seconds)
  return change((draft) => {
    draft.lifetime = { ...lifetime, createdAt: draft.lifetime.createdAt }
  })
}

/** @throws SessionConfigError for what browsers would drop */
export function cookieOptionsChange(runtime: DefinitionRuntime, options: CookieAttributes): Change {
  checkOptions('setCookieOptions()', cookieAttributesRule, options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  runtime.checkCookie(given)
  const cookie = attributesToText(given)
  return change((draft) => {
    draft.cookie = cookie
  })
}

function change(apply: (draft: Draft) => void): Change {
  return { kind: 'lifetime', key: undefined, apply }
}
