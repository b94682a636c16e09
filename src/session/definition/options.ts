import type { Codec } from '../../codec/port.js'
import type { Clock } from '../../core/clock.js'
import type { Secrets } from '../../core/keyring.js'
import type { TypeRegistry } from '../../core/type-registry.js'
import type { AnyMigration, MigrationChain } from '../../schema/migrate.js'
import type { NoFlash, SessionData, SessionKey, SessionSchema } from '../../schema/types.js'
import type { SessionStore } from '../../stores/port.js'
import type { SealedCarrier } from '../../stores/sealed.js'
import type { InvalidEvent, SessionHooks } from '../record/hooks.js'
import type { InvalidPolicy } from '../record/records.js'
import type { SubjectId } from '../record/subject-policy.js'
import type { SessionReader } from '../transport/adopt-port.js'
import type { CookieOptions } from '../transport/cookie.js'
import type { SignIds } from '../transport/signing.js'
import type { SessionTransport } from '../transport/transport.js'
import type { AuditProfile, ProfileOptions } from './profile.js'

/** How records are encrypted: `encrypt` of a definition. */
export interface EncryptOptions {
  /** Until then records that were written in clear are read too. From then on they are refused. @default none */
  readonly acceptPlain?: Date
  /** The id in the client's cookie is part of each record's key: without it, the secrets open nothing. @default false */
  readonly holder?: boolean
}

/** Which records are compressed: `compress` of a definition. */
export interface CompressOptions {
  /** Records whose values take more bytes than this are compressed, if that makes them smaller. @default 1024 */
  readonly above?: number
}

/** What a browser can be asked to forget of a site. */
export type SiteData = 'cache' | 'cookies' | 'storage' | 'executionContexts'

/** Whose sessions become sessions of this definition: an item of `adopt`. */
export interface AdoptOptions<S extends SessionSchema = SessionSchema> {
  /** Finds and reads them: one of `zession/adopt/...`, or your own. */
  readonly reader: SessionReader
  /** From then on nothing is adopted, and a definition that still says so is refused. At most 400 days from now. */
  readonly until: Date
  /**
   * Makes the data of a session from the old values, key by key; the schema checks them. What it refuses is left out, and the
   * `adopted` hook names it. @default the values whose names are keys of the schema
   */
  readonly map?: (values: Readonly<Record<string, unknown>>) => { readonly [K in SessionKey<S>]?: unknown }
  /**
   * `keep` leaves the old session to servers that still run the old app, and to a rollback; `end` ends it in its store, and
   * has the client forget its cookie. @default 'keep'
   */
  readonly old?: 'keep' | 'end'
  /**
   * Whether it counts as a login: it does with `maxPerSubject` and `requireRecent`. Otherwise it is taken to be as old as a session
   * may be, and only later logins count it. @default false
   */
  readonly login?: boolean
  /** Writes the old cookie beside ours, for an app that must still read it. One way: what it changes there is not seen here. @default none */
  readonly share?: ShareOptions<S>
}

/** What an old app is shown of a session, in a cookie as its library writes it: `share` of an item of `adopt`. */
export interface ShareOptions<S extends SessionSchema = SessionSchema> {
  /**
   * Makes the old values of the data, as JSON knows values: plain objects, arrays, texts, finite numbers, booleans, null. Where the
   * old cookie is not encrypted, its client can read them.
   */
  values(this: void, data: Partial<SessionData<S>>): Readonly<Record<string, unknown>>
  /** How the old cookie is set, where the old app has it otherwise. @default Secure, HttpOnly, SameSite=Lax, Path=/ */
  readonly cookie?: Pick<CookieOptions, 'path' | 'domain' | 'sameSite' | 'secure' | 'httpOnly'>
}

/** The options of a session beside its schema. All are optional. */
export interface SessionOptions<
  F extends SessionSchema | NoFlash = NoFlash,
  S extends SessionSchema = SessionSchema,
  M extends readonly AnyMigration[] = [],
> {
  /** Names the session, its cookie, its records and its error messages: letters, digits, `-` and `_`. @default 'session' */
  readonly name?: string
  /** The typed flash channels. @default none */
  readonly flash?: F
  /** One codec, or a list: the first writes, all read. @default cbor() */
  readonly codec?: Codec | readonly [Codec, ...Codec[]]
  /** The app's own classes, for every codec. @default none */
  readonly types?: TypeRegistry
  /** Compresses large records, before they are encrypted. Compressed records are read whatever it says. @default false */
  readonly compress?: boolean | CompressOptions
  /**
   * Encrypts records with a key from `secrets`: a reader of the store learns no value. `{ acceptPlain: date }` reads, until
   * then, records written before; `{ holder: true }` lets only the client's cookie open its record. @default false
   */
  readonly encrypt?: boolean | EncryptOptions
  /** The version of the schema, counted up by one with each migration. @default 1 */
  readonly version?: number
  /** From the oldest schema version that is still read to this one. @default [] */
  readonly migrations?: MigrationChain<M, S>
  /**
   * A record that code with a higher `version` wrote: `carry` reads what fits and keeps the rest, `reset` starts a new session,
   * `throw` answers 503. @default 'carry'
   */
  readonly onNewerVersion?: 'carry' | 'reset' | 'throw'
  /**
   * Where records live, or a function that says so, called once on first use; or `cookieStore()`, which leaves whole sessions to
   * their clients. @default memoryStore()
   */
  readonly store?: SessionStore | SealedCarrier | (() => SessionStore)
  /** Absolute lifetime in seconds since creation or `regenerate()`. @default 86400 */
  readonly maxAge?: number
  /** Lifetime in seconds since the last use. @default 3600 */
  readonly idleTimeout?: number
  /** How many seconds the stored deadline may lag before a mere read renews it. @default idleTimeout / 10 */
  readonly touchAfter?: number
  /** The cookie's name and attributes. @default `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/, ends with the browser */
  readonly cookie?: CookieOptions
  /** How ids reach the client. @default a cookie as `cookie` says */
  readonly transport?: SessionTransport
  /**
   * Secrets, newest first: text of at least 32 characters each, `generateSecret()` makes one. Or a function that gives them,
   * called once on first use. A key for each purpose is derived from each. Setting it alone changes nothing. @default none
   */
  readonly secrets?: Secrets | (() => Secrets)
  /**
   * Signs the ids that clients get, so that guesses never reach the store. `{ acceptUnsigned: date }` also takes, until then, ids
   * handed out before. Needs `secrets`. @default false
   */
  readonly signIds?: boolean | SignIds
  /**
   * Seconds after which an id is replaced, without a change of privilege. For `rotateGrace` seconds the old one still redirects
   * to the session, so that parallel requests and lost responses log nobody out. OWASP calls it a
   * [renewal timeout](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html). @default none
   */
  readonly rotateEvery?: number
  /** Seconds for which an id that `rotateEvery` has replaced still redirects to its session. @default 60 */
  readonly rotateGrace?: number
  /** An id is used after its grace: report it with the `reused` hook, or also end the session. @default 'ignore' */
  readonly onReuse?: 'ignore' | 'revoke'
  /** A record over this many bytes is refused, naming its largest keys. @default 1048576 */
  readonly maxRecordBytes?: number
  /**
   * How much memory may hold what records were decoded to, in bytes by estimate, so that a session that has not changed is not
   * decoded again. Its record is read all the same, and has to be the same to the byte. 0 holds nothing. @default 16777216
   */
  readonly decodedCacheBytes?: number
  /**
   * `read`: a flash waits until `take` delivers it. `next-request`: the next request whose response is shown to somebody has it,
   * taken or not, and afterwards it is gone (flamego's way); that costs such a request one more store call. @default 'read'
   */
  readonly flashMode?: 'read' | 'next-request'
  /** Seconds a flash may wait to be read. @default none: as long as its session */
  readonly flashMaxAge?: number
  /** Makes ids: 22 or more characters of `A-Za-z0-9_-` with at least 128 random bits. @default 256 bits of a CSPRNG */
  readonly generateId?: () => string
  /**
   * A stored value that the schema no longer accepts: `hide-key` reads it as absent and carries it until that key is set,
   * `reset` starts a new session, `throw` throws SessionValidationError; or a function that decides. @default 'hide-key'
   */
  readonly onInvalid?: InvalidPolicy | ((event: Pick<InvalidEvent, 'session' | 'keys'>) => InvalidPolicy)
  /** Damaged stored bytes: start a new session, or throw UnreadableRecordError. The bytes stay as they are. @default 'reset' */
  readonly onUnreadable?: 'reset' | 'throw'
  /** Milliseconds one store call may take. @default 5000 */
  readonly storeTimeout?: number
  /** The store fails on read: throw StoreError (503), or go on with an empty session that refuses writes. @default 'throw' */
  readonly onStoreError?: 'throw' | 'anonymous'
  /**
   * Deletes expired records in small batches beside the requests that create sessions, where the store needs it. `{ every: 300 }`
   * does it by a timer instead, about every 300 seconds. @default true
   */
  readonly autoCollect?:
    | boolean
    | {
        /** Seconds between two collections. */
        readonly every: number
      }
  /**
   * Whose session this is: the key of the user id, or a function of the data. It powers `appSession.subjects`, and needs a
   * store with a subject index. What it gives is stored as a hash. @default none
   */
  readonly subject?: SessionKey<S> | ((data: Partial<SessionData<S>>) => SubjectId | null | undefined)
  /** How many sessions one subject may have at a time. @default Infinity */
  readonly maxPerSubject?: number
  /** One more than that: end the oldest, or refuse the new one with SessionLimitError. @default 'oldest' */
  readonly onLimit?: 'oldest' | 'refuse'
  /**
   * What else of this site the browser forgets when a session is destroyed, by the header
   * [Clear-Site-Data](https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Clear-Site-Data): `true` is
   * `['cache', 'storage']`. `cookies` removes those of every host under the site's domain. @default false
   */
  readonly clearSiteData?: boolean | readonly SiteData[]
  /**
   * What the session is held to: a definition that does not keep it is refused, requirement by requirement, with what would mend it.
   * `{ name, deviations }` gives reasons for what has to stay. `appSession.audit()` shows all of it. @default none
   */
  readonly profile?: AuditProfile | ProfileOptions
  /**
   * Sessions of other libraries that become sessions of this definition, at the first request that brings one and none of ours.
   * Needs `secrets`. See docs/moving-in.md. @default none
   */
  readonly adopt?: readonly AdoptOptions<S>[]
  /** Observers of what happens to sessions: for logs and metrics. @default none */
  readonly hooks?: SessionHooks
  /** Milliseconds since the Unix epoch; every deadline comes from it. For tests: `fakeClock()`. @default the system clock */
  readonly clock?: Clock
}
