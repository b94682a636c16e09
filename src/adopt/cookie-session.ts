import { createHmac } from 'node:crypto'
import { checkOptions } from '../core/options/check.js'
import { fn, group, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { objectIn } from './shared/json.js'
import { keysOf, type OldSecrets, oldSecretsRule, sameText } from './shared/signed.js'
import { cookieTexts, firstOf } from './shared/texts.js'

/** How the old app uses cookie-session. */
export interface CookieSessionOptions {
  /** Its `keys`, or its one `secret`. Sessions that are not signed are not read: anybody can write one. */
  readonly keys: OldSecrets
  /** Its `name`. @default 'session' */
  readonly name?: string
  /**
   * What in the values names the session and no other: a random token that the old app put there. Visitors with the same values
   * have the same cookie there. @default nothing: parallel requests get a session each
   */
  readonly id?: (values: Readonly<Record<string, unknown>>) => string | undefined
}

const rule = group<CookieSessionOptions>(
  {
    keys: oldSecretsRule,
    name: text('the name of a cookie', (name) => TOKEN.test(name)),
    id: fn('a function of the values'),
  },
  { secret: 'it is `keys`', signed: 'leave it out, what is not signed is not read' },
  ['keys'],
)

/**
 * Reads sessions of cookie-session, which are whole in the cookie, for `adopt` of a definition.
 * @throws SessionConfigError for options that are none
 */
export function cookieSession(options: CookieSessionOptions): SessionReader {
  checkOptions('cookieSession()', rule, options)
  const { name = 'session' } = options
  const keys = keysOf(options.keys)

  const tagOf = (value: string, key: Uint8Array) =>
    createHmac('sha1', key).update(`${name}=${value}`).digest('base64url')
  const isSigned = (value: string, tags: readonly string[]) =>
    keys.some((key) => tags.some((sent) => sameText(sent, tagOf(value, key))))

  return {
    name: 'cookie-session',
    cookies: [name, `${name}.sig`],
    find: async (request) => {
      const tags = cookieTexts(request, `${name}.sig`)
      const value = await firstOf(cookieTexts(request, name), (text) => (isSigned(text, tags) ? text : undefined))
      if (value === undefined) return undefined
      const values = objectIn(Buffer.from(value, 'base64').toString('utf8'), 'A cookie of cookie-session')
      const id = options.id?.(values)
      return { ...(id !== undefined && { id }), load: () => ({ values }) }
    },
    write(values) {
      const value = Buffer.from(JSON.stringify(values)).toString('base64')
      return { [name]: value, [`${name}.sig`]: tagOf(value, keys[0] as Uint8Array) }
    },
  }
}
