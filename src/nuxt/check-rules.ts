import { SessionConfigError } from '../core/errors.js'
import { checkValue } from '../core/options/check.js'
import { isObject } from '../core/value.js'
import { guardRule } from './guard-rule.js'
import { type GuardedRoute, matches, type SessionGuard } from './guards.js'

export type Rules = Readonly<Record<string, object | undefined>>

/** What keeps the answer of a route for other visitors. */
const CACHED = ['swr', 'isr', 'cache', 'prerender', 'static']

/** The guards in the route rules of an app. @throws SessionConfigError for one that is wrong, or on a route that is cached */
export function guardedRoutes(rules: Rules): readonly GuardedRoute[] {
  const routes = Object.entries(rules).flatMap(([pattern, rule]): GuardedRoute[] => {
    const session: unknown = isObject(rule) ? rule['session'] : undefined
    if (session === undefined || session === false) return []
    checkValue(`\`session\` in routeRules['${pattern}']`, guardRule, session)
    return [[pattern, session as SessionGuard]]
  })
  for (const [pattern] of routes) assertUncached(pattern, rules, `routeRules['${pattern}']`)
  return routes
}

/** @param who guards, for the message @throws SessionConfigError */
export function assertUncached(pattern: string, rules: Rules, who: string): void {
  for (const kind of CACHED) {
    const overlapping = Object.entries(rules)
      .filter(([other, rule]) => isObject(rule) && kind in rule && overlap(pattern, other))
      .sort(([a], [b]) => b.length - a.length)
    // The rule that says most about these routes decides.
    const [first] = overlapping
    if (!first || !(first[1] as Readonly<Record<string, unknown>>)[kind]) continue
    throw new SessionConfigError(
      `${who} guards by the session, and routeRules['${first[0]}'] has \`${kind}\`: a cached answer is sent to everybody, so it cannot be guarded. Take one of them away, or set \`${kind}: false\` for '${pattern}'.`,
    )
  }
}

function overlap(one: string, other: string): boolean {
  return matches(one, sample(other)) || matches(other, sample(one))
}

/** A path that the pattern matches. */
function sample(pattern: string): string {
  return pattern.replaceAll('/**', '/x').replaceAll(/\*+|:[^/]+/g, 'x')
}
