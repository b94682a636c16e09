import { checkOptions } from '../core/options/check.js'
import { group, number, test, text } from '../core/options/rule.js'
import { TOKEN } from '../core/token.js'
import type { OldSession, SessionReader } from '../session/transport/adopt-port.js'
import { objectIn, timeIn } from './shared/json.js'
import { BOX_KEY, openSecretbox } from './shared/secretbox.js'
import { cookieTexts, firstOf } from './shared/texts.js'

/** A key of 32 bytes, or a text of base64 that says it. */
export type SecretboxKey = string | Uint8Array

/** How the old app uses @fastify/secure-session. */
export interface FastifySecureSessionOptions {
  /** Its `key`, or its list of them. */
  readonly key: SecretboxKey | readonly SecretboxKey[]
  /** Its `cookieName`, or its `sessionName` where it has none. @default 'session' */
  readonly cookieName?: string
  /** Its `expiry`, in seconds. @default 86401 */
  readonly expiry?: number
}

const isKey = (value: unknown) =>
  (typeof value === 'string' || value instanceof Uint8Array) && bytesOf(value).length === BOX_KEY

const rule = group<FastifySecureSessionOptions>(
  {
    key: test('32 bytes, base64 of them, or a list of such keys', (value) =>
      isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey))),
    cookieName: text('the name of a cookie', (name) => TOKEN.test(name)),
    expiry: number('seconds, more than 0', (value) => value > 0),
  },
  {
    secret: 'it is `key`, which libsodium makes of `secret` and `salt`: crypto_pwhash of the old app gives it',
    salt: 'it is `key`, which libsodium makes of `secret` and `salt`: crypto_pwhash of the old app gives it',
    sessionName: 'it is `cookieName`',
  },
  ['key'],
)

/**
 * Reads sessions of @fastify/secure-session, which are whole in the cookie, for `adopt` of a definition.
 * @throws SessionConfigError for options that are none
 */
export function fastifySecureSession(options: FastifySecureSessionOptions): SessionReader {
  checkOptions('fastifySecureSession()', rule, options)
  const { key, cookieName = 'session', expiry = 86_401 } = options
  const keys = (Array.isArray(key) ? (key as readonly SecretboxKey[]) : [key as SecretboxKey]).map(bytesOf)
  return {
    name: '@fastify/secure-session',
    cookies: [cookieName],
    find: (request) => firstOf(cookieTexts(request, cookieName), (text) => sessionIn(text, request.now)),
  }

  function sessionIn(text: string, now: number): OldSession | undefined {
    // A signature behind it says nothing that the tag does not.
    const [box = '', nonce = ''] = text.replace(/\..*$/, '').split(';')
    const [sealed, once] = [Buffer.from(box, 'base64'), Buffer.from(nonce, 'base64')]
    for (const one of keys) {
      const opened = openSecretbox(sealed, once, one)
      if (!opened) continue
      const { __ts, ...values } = objectIn(Buffer.from(opened).toString('utf8'), 'A cookie of @fastify/secure-session')
      const expiresAt = ((timeIn(__ts) ?? 0) + expiry) * 1000
      // The bytes, since base64 has several texts for some of them.
      const id = Buffer.concat([once, sealed.subarray(0, 16)]).toString('hex')
      return expiresAt <= now ? undefined : { id, load: () => ({ values, expiresAt }) }
    }
    return undefined
  }
}

function bytesOf(key: SecretboxKey): Uint8Array {
  return new Uint8Array(typeof key === 'string' ? Buffer.from(key, 'base64') : key)
}
