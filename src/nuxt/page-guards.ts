import { SessionConfigError } from '../core/errors.js'
import { checkValue } from '../core/options/check.js'
import { assertUncached, type Rules } from './check-rules.js'
import { guardRule } from './guard-rule.js'
import { type GuardedRoute, matches, type SessionGuard } from './guards.js'

/** What is used of a page of Nuxt. */
export interface PageLike {
  readonly path: string
  readonly file?: string
  readonly alias?: string | readonly string[]
  readonly meta?: Readonly<Record<string, unknown>>
  readonly children?: readonly PageLike[]
}

interface Found {
  readonly pattern: string
  readonly guard: SessionGuard | undefined
}

/** Where Nuxt notes what of a page's meta is no literal. */
const DYNAMIC = '__nuxt_dynamic_meta_key'

/**
 * The guards that the pages of an app say in `definePageMeta`, which those inside a page inherit. The most exact pattern comes
 * first; a page without a guard is there where the pattern of another page includes it.
 * @throws SessionConfigError for a guard that is wrong, that is no literal, or of a page that is cached
 */
export function guardedPages(pages: readonly PageLike[], rules: Rules): readonly GuardedRoute[] {
  const all = pages.flatMap((page) => found(page, '', undefined, rules))
  const guarded = all.filter(({ guard }) => guard)
  return all
    .filter(({ guard, pattern }) => guard ?? guarded.some((other) => matches(other.pattern, pattern)))
    .sort((one, other) => compare(one.pattern, other.pattern))
    .map(({ pattern, guard }) => [pattern, guard ?? {}])
}

function found(page: PageLike, above: string, inherited: SessionGuard | undefined, rules: Rules): readonly Found[] {
  const guard = guardIn(page) ?? inherited
  const paths = [page.path, ...[page.alias ?? []].flat()].map((path) =>
    path.startsWith('/') ? path : `${above.replace(/\/$/, '')}/${path}`,
  )
  return paths.flatMap((path) => {
    const patterns = patternsOf(path)
    if (guard && guard !== inherited)
      for (const pattern of patterns) assertUncached(pattern, rules, `The page ${pattern}`)
    const inside = (page.children ?? []).flatMap((child) => found(child, path, guard, rules))
    return [...patterns.map((pattern) => ({ pattern, guard })), ...inside]
  })
}

/** @throws SessionConfigError */
function guardIn({ meta, file, path }: PageLike): SessionGuard | undefined {
  const where = file ?? `the page ${path}`
  const dynamic = meta?.[DYNAMIC]
  if (dynamic instanceof Set && dynamic.has('session'))
    throw new SessionConfigError(
      `\`session\` in definePageMeta of ${where} must be written out, as in { require: 'userId', redirectTo: '/login' }: the server reads it when the app is built.`,
    )
  const session = meta?.['session']
  if (session === undefined) return undefined
  // Lets a page inside a guarded one be seen by everybody.
  if (session === false) return {}
  checkValue(`\`session\` in definePageMeta of ${where}`, guardRule, session)
  return session as SessionGuard
}

/** The path of vue-router as patterns of route rules: two where something may be left out. */
function patternsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter(Boolean)
    .reduce<readonly string[]>(
      (before, segment) => {
        const token = /^:\w+(\(.*\))?([?*+])?$/.exec(segment)
        if (!token) return before.map((each) => `${each}/${segment.replaceAll(/:\w+(\([^)]*\))?[?*+]?/g, '*')}`)
        const [, expression, count] = token
        if (count === '*' || count === '+' || expression === '(.*)') return before.map((each) => `${each}/**`)
        const withIt = before.map((each) => `${each}/*`)
        return count === '?' ? [...before, ...withIt] : withIt
      },
      [''],
    )
    .map((pattern) => pattern || '/')
}

/** As vue-router ranks them: at the first segment that differs, text comes before a parameter, and that before any number of segments. */
function compare(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')]
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = rank(a[at]) - rank(b[at])
    if (difference !== 0) return difference
  }
  return 0
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 4
  if (segment === '**') return 3
  if (segment === '*') return 2
  return segment.includes('*') ? 1 : 0
}
