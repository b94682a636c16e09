import { checkOptions } from '../core/options/check.js'
import { group, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { type ExpressStore, type OldStore, oldStoreRule, toOldStore } from './shared/express-store.js'
import { contentsOf } from './shared/record.js'
import { keysOf, type OldSecrets, oldSecretsRule, unsigned } from './shared/signed.js'
import { cookieTexts, firstOf } from './shared/texts.js'

/** How the old app uses @fastify/session. */
export interface FastifySessionOptions {
  /** Its `secret`, or its list of them. */
  readonly secret: OldSecrets
  /** Its `store`, which may be one of express-session, or one of `zession/adopt/express-stores`. */
  readonly store: ExpressStore | OldStore
  /** Its `cookieName`. @default 'sessionId' */
  readonly cookieName?: string
  /** Its `cookiePrefix`: `s:` where it shared its sessions with express-session. @default '' */
  readonly cookiePrefix?: string
  /** Its `algorithm`. @default 'sha256' */
  readonly algorithm?: string
}

const rule = group<FastifySessionOptions>(
  {
    secret: oldSecretsRule,
    store: oldStoreRule,
    cookieName: text('the name of a cookie', (name) => TOKEN.test(name)),
    cookiePrefix: text('what the values of the cookie begin with'),
    algorithm: text('a hash of node:crypto, such as sha256', (name) => /^[a-z0-9-]{3,32}$/i.test(name)),
  },
  { secrets: 'it is `secret`, as there', name: 'it is `cookieName`, as there' },
  ['secret', 'store'],
)

/**
 * Reads sessions of @fastify/session, for `adopt` of a definition.
 * @throws SessionConfigError for options that are none
 */
export function fastifySession(options: FastifySessionOptions): SessionReader {
  checkOptions('fastifySession()', rule, options)
  const { cookieName = 'sessionId', cookiePrefix = '', algorithm } = options
  const keys = keysOf(options.secret)
  const store = toOldStore(options.store)
  return {
    name: '@fastify/session',
    cookies: [cookieName],
    find: async (request) => {
      const id = await firstOf(cookieTexts(request, cookieName), (text) =>
        text.startsWith(cookiePrefix) ? unsigned(text.slice(cookiePrefix.length), keys, algorithm) : undefined,
      )
      return id === undefined ? undefined : { id, load: () => contentsOf(store, id, request.now, '@fastify/session') }
    },
  }
}
