import { checkOptions } from '../core/options/check.js'
import { group, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { type ExpressStore, type OldStore, oldStoreRule, toOldStore } from './shared/express-store.js'
import { contentsOf } from './shared/record.js'
import { keysOf, type OldSecrets, oldSecretsRule, unsigned } from './shared/signed.js'
import { cookieTexts, firstOf } from './shared/texts.js'

export type { ExpressStore, OldStore } from './shared/express-store.js'

/** How the old app uses express-session. */
export interface ExpressSessionOptions {
  /** Its `secret`, or its list of them. */
  readonly secret: OldSecrets
  /** Its `store`, or one of `zession/adopt/express-stores` where its library is gone already. */
  readonly store: ExpressStore | OldStore
  /** Its `name`. @default 'connect.sid' */
  readonly name?: string
}

const rule = group<ExpressSessionOptions>(
  { secret: oldSecretsRule, store: oldStoreRule, name: text('the name of a cookie', (name) => TOKEN.test(name)) },
  { secrets: 'it is `secret`, as there', cookieName: 'it is `name`, as there', prefix: 'it belongs to the store' },
  ['secret', 'store'],
)

/**
 * Reads sessions of express-session, for `adopt` of a definition. Its cookie is signed; its store says what is in the session.
 * @throws SessionConfigError for options that are none
 */
export function expressSession(options: ExpressSessionOptions): SessionReader {
  checkOptions('expressSession()', rule, options)
  const { name = 'connect.sid' } = options
  const keys = keysOf(options.secret)
  const store = toOldStore(options.store)
  return {
    name: 'express-session',
    cookies: [name],
    find: async (request) => {
      const id = await firstOf(cookieTexts(request, name), (text) =>
        text.startsWith('s:') ? unsigned(text.slice(2), keys) : undefined,
      )
      return id === undefined ? undefined : { id, load: () => contentsOf(store, id, request.now, 'express-session') }
    },
  }
}
