import { checkOptions } from '../core/options/check.js'
import { group, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { SessionReader } from '../session/transport/adopt-port.js'
import { type IronPassword, ironPasswordRule, seal, unseal } from './shared/iron.js'
import { objectIn } from './shared/json.js'
import { cookieTexts, firstOf, joined } from './shared/texts.js'

/** How the old app uses iron-session, 8 or 9. */
export interface IronSessionOptions {
  /** Its `password`: one, or several by their ids. */
  readonly password: IronPassword
  /** Its `cookieName`. */
  readonly cookieName: string
}

const rule = group<IronSessionOptions>(
  { password: ironPasswordRule, cookieName: text('the name of a cookie', (name) => TOKEN.test(name)) },
  { ttl: 'leave it out, each cookie says when it ends', name: 'it is `cookieName`, as there' },
  ['password', 'cookieName'],
)

/** Long cookies of iron-session 9 come in as many parts at most. */
const PARTS = 4

/**
 * Reads sessions of iron-session 8 and 9, which are whole in the cookie, for `adopt` of a definition.
 * @throws SessionConfigError for options that are none
 */
export function ironSession(options: IronSessionOptions): SessionReader {
  checkOptions('ironSession()', rule, options)
  const { password, cookieName } = options
  const names = Array.from({ length: PARTS }, (_, at) => `${cookieName}.${at}`)
  return {
    name: 'iron-session',
    cookies: [cookieName, ...names],
    find: async (request) => {
      const texts = cookieTexts(request, cookieName)
      const sent = names.filter((name) => cookieTexts(request, name).length > 0)
      const whole = texts.length > 0 ? texts : [joined(request, sent) ?? '']
      // Behind the seal is the version, which nobody has signed.
      const found = await firstOf(whole, (text) => unseal(text.replace(/~.*$/, ''), password, [1], request.now))
      if (!found) return undefined
      const { expiresAt } = found
      return {
        id: found.tag,
        load: () => ({
          values: objectIn(found.text, 'A cookie of iron-session'),
          ...(expiresAt !== undefined && { expiresAt }),
        }),
      }
    },
    // Behind the seal is the version of its contents.
    write: async (values, { expiresAt }) => ({
      [cookieName]: `${await seal(JSON.stringify(values), newestOf(password), expiresAt)}~2`,
    }),
  }
}

/** Of several, it seals with that of the highest number; of one, as if its number were 1. */
function newestOf(password: IronPassword): readonly [id: string, secret: string] {
  if (typeof password === 'string') return ['1', password]
  return Object.entries(password).reduce((a, b) => (Number(b[0]) > Number(a[0]) ? b : a))
}
