import { checkOptions } from '../core/options/check.js'
import { group, made, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { timeIn } from './shared/json.js'
import { cookieTexts, firstOf } from './shared/texts.js'

/** The part of an adapter of Auth.js that has its sessions. */
export interface AuthJsAdapter {
  /**
   * The session of a token and its user, `{ session: { userId, expires }, user }`, or null when there is none.
   * `authJs()` refuses an adapter without it; what it throws is taken for an outage of the old store.
   */
  getSessionAndUser?(token: string): unknown
  /** Ends the session of a token, where `adopt` has `old: 'end'`. Without it, the session is left to expire. */
  deleteSession?(token: string): unknown
}

/** How the old app uses Auth.js (or NextAuth 4) with `session: { strategy: 'database' }`. */
export interface AuthJsOptions {
  /** Its `adapter`. */
  readonly adapter: AuthJsAdapter
  /** The name of its session cookie. @default the names of Auth.js and of NextAuth 4, with and without `__Secure-` */
  readonly cookieName?: string
}

const rule = group<AuthJsOptions>(
  {
    adapter: made<AuthJsAdapter>('an adapter of Auth.js', ['getSessionAndUser']),
    cookieName: text('the name of a cookie', (name) => TOKEN.test(name)),
  },
  { secret: 'leave it out, tokens of the database strategy are not signed; sessions in a JWT are not read' },
  ['adapter'],
)

const NAMES = ['authjs.session-token', 'next-auth.session-token'].flatMap((name) => [`__Secure-${name}`, name])

/**
 * Reads sessions of Auth.js that are rows of a database, for `adopt` of a definition: `{ userId, user }`.
 * @throws SessionConfigError for options that are none
 */
export function authJs(options: AuthJsOptions): SessionReader {
  checkOptions('authJs()', rule, options)
  const { adapter, cookieName } = options
  const names = cookieName === undefined ? NAMES : [cookieName]
  return {
    name: 'auth.js',
    cookies: names,
    find: async (request) => {
      const texts = names.flatMap((name) => cookieTexts(request, name))
      const token = await firstOf(texts, (sent) => (/^[\w-]{16,128}$/.test(sent) ? sent : undefined))
      if (token === undefined) return undefined
      return {
        id: token,
        async load() {
          const found = (await adapter.getSessionAndUser?.(token)) as Found | null | undefined
          if (!found) return undefined
          const expiresAt = timeIn(found.session.expires) ?? 0
          const { user } = found
          const values = { userId: found.session.userId, user }
          return expiresAt <= request.now ? undefined : { values, expiresAt, end: () => adapter.deleteSession?.(token) }
        },
      }
    },
  }
}

interface Found {
  readonly session: { readonly userId: unknown; readonly expires: unknown }
  readonly user: unknown
}
