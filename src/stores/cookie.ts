import { cookieSeal } from '../codec/cookie-seal.js'
import { SessionConfigError } from '../core/errors.js'
import { createKeyring, type Keyring, type Secrets } from '../core/keyring.js'
import { checkOptions } from '../core/options/check.js'
import { type CookieStoreOptions, cookieStoreRule } from './cookie/options.js'
import type { SealedCarrier } from './sealed.js'

export type { CookieStoreOptions } from './cookie/options.js'

const DEFAULTS = { encrypt: true, chunks: 1, revocationLag: 10, compressAbove: 1024, overflowAbove: 2048 } as const

/**
 * Keeps the whole session in the client's cookie, sealed by XAES-256-GCM: typed, versioned, migrated and flashing like any other, and
 * without a store. What a cookie cannot promise, `revocations` and `overflow` buy back; docs/stores/cookie.md says what.
 *
 * ```ts
 * defineSession(schema, { store: cookieStore({ secrets: process.env.SESSION_SECRET }) })
 * ```
 *
 * @throws SessionConfigError for weak secrets, at once or on first use
 */
export function cookieStore(options: CookieStoreOptions = {}): SealedCarrier<Keyring> {
  checkOptions('cookieStore()', cookieStoreRule, options)
  const { secrets, encrypt = DEFAULTS.encrypt, chunks = DEFAULTS.chunks, compress = false } = options
  const { revocations, revocationLag = DEFAULTS.revocationLag, overflow } = options
  const own = secrets === undefined ? undefined : keyringOf(secrets)
  return Object.freeze({
    guarantees: {
      // What a client keeps, nobody else can compare. Whoever chooses it has chosen that.
      atomicUpdate: false,
      durable: true,
      shared: true,
      revocable: revocations !== undefined,
      accepted: ['atomicUpdate', 'revocable'],
    } as const,
    isEncrypted: encrypt,
    hasSecrets: own !== undefined,
    chunks,
    compressAbove:
      compress === false ? undefined : ((compress === true ? undefined : compress.above) ?? DEFAULTS.compressAbove),
    revocations: revocations && { store: revocations, lag: revocationLag },
    overflow: overflow && { store: overflow.store, above: overflow.above ?? DEFAULTS.overflowAbove },
    sealFor({ definition, cookie, keyring }) {
      const ring = own ?? keyring
      if (!ring)
        throw new SessionConfigError(
          `Session \`${definition}\` lives in its cookie and has no \`secrets\`. generateSecret() makes one: cookieStore({ secrets }).`,
        )
      return cookieSeal(ring, { definition, cookie }, encrypt ? 'encrypted' : 'signed')
    },
  } satisfies SealedCarrier<Keyring>)
}

function keyringOf(secrets: Secrets | (() => Secrets)): () => Keyring {
  // A weak secret that is given as a value is refused at once.
  let keyring = typeof secrets === 'function' ? undefined : createKeyring(secrets)
  return () => (keyring ??= createKeyring(typeof secrets === 'function' ? secrets() : secrets))
}
