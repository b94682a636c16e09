import type { Secrets } from '../../core/keyring.js'
import { either, flag, fn, group, made, number, type Rule, test, whole } from '../../core/options/rule.js'
import { ttl } from '../option-names.js'
import type { SessionStore } from '../port.js'

/** Options of `cookieStore`. */
export interface CookieStoreOptions {
  /**
   * Secrets, newest first: text of at least 32 characters each, `generateSecret()` makes one. Or a function that gives them,
   * called once on first use. @default `secrets` of the definition
   */
  readonly secrets?: Secrets | (() => Secrets)
  /**
   * False signs the session and leaves it readable to its client: whatever is in it, the visitor sees. For values that scripts of
   * another server have to read, and for nothing else. @default true
   */
  readonly encrypt?: boolean
  /**
   * How many cookies one session may take, 1 to 8. Servers and proxies refuse large headers: nginx a line over 8 KiB, node over
   * 16 KiB in all. @default 1
   */
  readonly chunks?: number
  /** Compresses sessions whose values take more bytes than `above`, if that makes them smaller. @default false */
  readonly compress?:
    | boolean
    | {
        /** Bytes. @default 1024 */
        readonly above?: number
      }
  /**
   * Remembers which sessions have ended, so that a copied cookie ends with them, and which flash was delivered. A request reads it
   * at most once in `revocationLag` seconds for each session. @default none: a cookie is good until its deadline
   */
  readonly revocations?: SessionStore
  /** Seconds for which this process takes a session for not revoked without asking again. 0 asks with each request. @default 10 */
  readonly revocationLag?: number
  /** Where larger sessions live; their cookie holds only their id. @default none: a session that is too large is refused */
  readonly overflow?: {
    /** Any store. */
    readonly store: SessionStore
    /** Bytes that the cookie may take, name, value and attributes together. @default 2048 */
    readonly above?: number
  }
}

/** Over this many cookies no server takes the header. */
const MAX_CHUNKS = 8
const ANY = Number.MAX_SAFE_INTEGER

const aStore: Rule<SessionStore> = made('a store, such as `redisStore({ url })`', [
  'read',
  'create',
  'update',
  'touch',
  'destroy',
])

const secrets = either(
  test<Secrets>('a secret, or a list of them', (value) =>
    typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array),
  fn<() => Secrets>('a function that returns them'),
)

export const cookieStoreRule = group<CookieStoreOptions>(
  {
    secrets,
    encrypt: flag,
    chunks: whole('cookies', 1, MAX_CHUNKS),
    compress: either(flag, group<{ readonly above?: number }>({ above: whole('bytes', 0, ANY) })),
    revocations: aStore,
    revocationLag: number('seconds, 0 or more', (value) => value >= 0 && value < Number.POSITIVE_INFINITY),
    overflow: group<NonNullable<CookieStoreOptions['overflow']>>({ store: aStore, above: whole('bytes', 1, ANY) }, {}, [
      'store',
    ]),
  },
  {
    ttl,
    secret: 'ours is `secrets`',
    password: 'ours is `secrets`',
    keys: 'ours is `secrets`',
    hashKey: 'ours is `secrets`: a key for each purpose is derived from it',
    blockKey: 'ours is `secrets`: a key for each purpose is derived from it',
    name: 'it belongs into `cookie: { name }` of the definition',
    maxAge: 'it is an option of the definition',
    maxLength: 'ours is `chunks`, each cookie has at most 4,096 bytes',
  },
)
