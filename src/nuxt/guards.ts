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

/** The guards of an app: those of its route rules, and those of its pages. */
export interface Guards {
  /** `routeRules[...].session` */
  readonly rules: readonly GuardedRoute[]
  /** `definePageMeta({ session })`, the most exact first */
  readonly pages: readonly GuardedRoute[]
}

/** What guards a path: the route rule and the page that say most about it. Both must let a visitor in. */
export function guardsOf({ rules, pages }: Guards, path: string): readonly SessionGuard[] {
  if (rules.length === 0 && pages.length === 0) return []
  const spellings = spellingsOf(path)
  const fits = ([pattern]: GuardedRoute) => spellings.some((path) => matches(pattern, path))
  // Of pages the most exact pattern comes first.
  return [rules.filter(fits).reduce<GuardedRoute | undefined>(longer, undefined), pages.find(fits)].flatMap((route) =>
    route ? [route[1]] : [],
  )
}

/**
 * The paths that a router may take this one for. That of pages ignores case and percent-encoding, and the payload of a page is
 * the page: a guard must not be passed by another spelling.
 */
function spellingsOf(path: string): readonly string[] {
  const [raw = ''] = path.split(/[?#]/)
  const plain = raw.replaceAll(/[\\/]+/g, '/').replace(/\/_payload\.(json|js)$/, '')
  const base = 'http://site.invalid'
  const resolved = URL.canParse(plain, base) ? new URL(plain, base).pathname : plain
  return [...new Set([plain, resolved, decoded(plain), decoded(resolved)])]
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replaceAll(/[\\/]+/g, '/')
  } catch {
    return path
  }
}

/** As route rules match, in any case: `**` is any number of segments, also none; `*` and `:name` are one. */
export function matches(pattern: string, path: string): boolean {
  const known = compiled.get(pattern) ?? expressionOf(pattern)
  compiled.set(pattern, known)
  return known.test(path)
}

const compiled = new Map<string, RegExp>()

function expressionOf(pattern: string): RegExp {
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
  return new RegExp(`^${source}/?$`, 'i')
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
