/** Who may see the routes of a rule: `routeRules: { '/account/**': { session: { require: 'userId' } } }`. */
export interface SessionGuard {
  /** Keys that must hold something: neither nothing nor null, false or an empty text. */
  readonly require?: string | readonly string[]
  /** The session must have begun, or got its last new id, at most so many seconds ago. @default no matter when */
  readonly recent?: number
  /** Where a page sends everybody else, with the way back in `?next=`. Left out, and for all but pages, it is a 401. */
  readonly redirectTo?: string
  /** The session that it is about: the name of a file in `server/sessions`. @default that of `server/session.ts` */
  readonly name?: string
}

/** A route pattern, and its guard. */
export type GuardedRoute = readonly [pattern: string, guard: SessionGuard]

/** The guard of a path: that of the pattern that says most. */
export function guardOf(routes: readonly GuardedRoute[], path: string): SessionGuard | undefined {
  const [plain = ''] = path.split(/[?#]/)
  return routes.filter(([pattern]) => matches(pattern, plain)).reduce<GuardedRoute | undefined>(longer, undefined)?.[1]
}

/** As route rules match: `**` is any number of segments, also none; `*` and `:name` are one. */
export function matches(pattern: string, path: string): boolean {
  const source = pattern
    .split('/')
    .filter(Boolean)
    .map((segment) => {
      if (segment === '**') return '(/.*)?'
      if (segment === '*' || segment.startsWith(':')) return '/[^/]+'
      return `/${segment
        .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('**', '.*')
        .replaceAll(/(?<!\.)\*/g, '[^/]*')}`
    })
    .join('')
  return new RegExp(`^${source}/?$`).test(path)
}

function longer(best: GuardedRoute | undefined, route: GuardedRoute): GuardedRoute {
  return best && best[0].length >= route[0].length ? best : route
}

/** Where a guard sends a page that it refuses; undefined for a 401. */
export function wayOut({ redirectTo }: SessionGuard, path: string): string | undefined {
  if (redirectTo === undefined) return undefined
  return `${redirectTo}${redirectTo.includes('?') ? '&' : '?'}next=${encodeURIComponent(path)}`
}

/** A path of this site, as it is after login; anything else is the fallback, so that nobody is sent elsewhere by a link. */
export function localPath(path: unknown, fallback = '/'): string {
  if (typeof path !== 'string' || !path.startsWith('/')) return fallback
  const base = 'http://site.invalid'
  return URL.canParse(path, base) && new URL(path, base).origin === base ? path : fallback
}
