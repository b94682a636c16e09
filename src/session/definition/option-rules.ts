import type { Codec } from '../../codec/port.js'
import {
  date,
  either,
  flag,
  fn,
  group,
  list,
  listener,
  made,
  number,
  oneOf,
  type Rule,
  type RulesFor,
  test,
  text,
  whole,
} from '../../core/options/rule.js'
import { TOKEN } from '../../core/token.js'
import type { AnyMigration } from '../../schema/migrate.js'
import type { SessionSchema } from '../../schema/types.js'
import type { SessionStore } from '../../stores/port.js'
import type { SealedCarrier } from '../../stores/sealed.js'
import type { SessionHooks } from '../record/hooks.js'
import type { InvalidPolicy } from '../record/records.js'
import type { SessionReader } from '../transport/adopt-port.js'
import { COOKIE_PREFIX, type CookieAttributes, type CookieOptions, MAX_COOKIE_AGE } from '../transport/cookie.js'
import type { SignIds } from '../transport/signing.js'
import { elsewhere, elsewhereForOneSession, elsewhereInCookie, elsewhereInHooks } from './option-names.js'
import type {
  AdoptOptions,
  CompressOptions,
  EncryptOptions,
  SessionOptions,
  ShareOptions,
  SiteData,
} from './options.js'
import { AUDIT_PROFILES, type ProfileOptions } from './profile.js'

/**
 * What every option of a session may be, in one place. The compiler holds it equal to the interfaces: an option without a rule
 * does not compile, nor one whose rule says something else. What options mean to each other is checked in `settings.ts`.
 */

/** Node's timers hold 2^31 milliseconds; a pause of `autoCollect` may be half as long again. */
const MAX_TIMER_SECONDS = 1_000_000
const ANY = Number.MAX_SAFE_INTEGER

/** How long a session may live; no browser keeps a cookie longer. */
export const lifetimeRule = whole('seconds', 1, MAX_COOKIE_AGE, ' (400 days)')
const seconds = number('seconds, 0 or more', (value) => value >= 0 && value < Number.POSITIVE_INFINITY)

const withoutPrefix = "without `__Host-` or `__Secure-`, which `cookie: { prefix: 'host' }` adds"

const attributes = {
  path: text('a path that begins with /, without semicolons and control characters', (path) =>
    /^\/[\x20-\x3A\x3C-\x7E]*$/.test(path),
  ),
  domain: text('a host name, such as `example.com`', (domain) => /^[\x21-\x3A\x3C-\x7E]+$/.test(domain)),
  sameSite: oneOf('lax', 'strict', 'none'),
  partitioned: flag,
} as const

const { path, domain, sameSite } = attributes
const sharedAttributes = { path, domain, sameSite } as const

/** What `setCookieOptions` takes. */
export const cookieAttributesRule = group<CookieAttributes>(attributes, elsewhereForOneSession)

const cookieRule = group<CookieOptions>(
  {
    ...attributes,
    name: text(
      `the name of a cookie (1 to 64 letters, digits, - and _ are safe), ${withoutPrefix}`,
      (name) => TOKEN.test(name) && !COOKIE_PREFIX.test(name),
    ),
    prefix: oneOf('host', 'secure', 'http', 'host-http', 'none'),
    embed: flag,
    secure: flag,
    httpOnly: flag,
    persistent: flag,
  },
  elsewhereInCookie,
)

const hooks: RulesFor<SessionHooks> = {
  created: listener(),
  loaded: listener(),
  saved: listener(),
  conflict: listener(),
  gone: listener(),
  regenerated: listener(),
  destroyed: listener(),
  reused: listener(),
  adopted: listener(),
  expired: listener(),
  invalid: listener(),
  migrated: listener(),
  storeError: listener(),
}

/** An instance of a class of the app, whose other members are its own affair. */
const observer = made<SessionHooks>('', [], (value: Readonly<Record<string, unknown>>) => {
  if (Object.prototype.toString.call(value) !== '[object Object]') return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return false
  return Object.keys(hooks).every((name) => value[name] === undefined || typeof value[name] === 'function')
})
const hookObject = group<SessionHooks>(hooks, elsewhereInHooks)

/** The result of a `store` that is a function, too. */
export const storeRule = made<SessionStore>(
  'a store (`guarantees`, `read`, `create`, `update`, `touch`, `destroy`), such as `memoryStore()` or `redisStore({ url })`',
  ['read', 'create', 'update', 'touch', 'destroy'],
  ({ guarantees }: { readonly guarantees?: unknown }) => typeof guarantees === 'object' && guarantees !== null,
)

const carrierRule = made<SealedCarrier>('what `cookieStore()` made', ['sealFor'])

/** The result of `secrets` that are a function, too; what a secret must be like is the key ring's to say. */
export const secretsRule = test<string | readonly (string | Uint8Array)[]>('a secret, or a list of them', (value) =>
  typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array)

/** The result of an `onInvalid` that is a function, too. */
export const invalidPolicyRule: Rule<InvalidPolicy> = oneOf('hide-key', 'reset', 'throw')

/** The result of `clock`. */
export const timeRule = number('milliseconds since the Unix epoch', Number.isFinite)

const codecRule = made<Codec>('a codec, such as `cbor()`', ['bind'], ({ name }: { readonly name?: unknown }) =>
  /^[a-z0-9-]{1,32}$/.test(typeof name === 'string' ? name : ''),
)

const migrationRule = made<AnyMigration>('made by `migration(from, to, up)`', ['up'])

export const profileRule = oneOf(...AUDIT_PROFILES)

const reasonsRule = test<Readonly<Record<string, string>>>('an object of reasons by the id of a requirement', (value) =>
  Object.prototype.toString.call(value) === '[object Object]' &&
  Object.values(Object(value) as object).every((reason) => typeof reason === 'string' && reason !== ''))

const siteData = oneOf('cache', 'cookies', 'storage', 'executionContexts')

type Options = Omit<SessionOptions<SessionSchema>, 'migrations'> & { readonly migrations?: readonly AnyMigration[] }

export const sessionRule = group<Options>(
  {
    name: text(
      `1 to 64 letters, digits, - and _, because it names a cookie, ${withoutPrefix}`,
      (name) => /^[A-Za-z0-9_-]{1,64}$/.test(name) && !COOKIE_PREFIX.test(name),
    ),
    flash: made('a zod object, `z.object({ ... })`', []),
    codec: either(
      codecRule,
      list<readonly [Codec, ...Codec[]]>('', codecRule),
      'a codec, such as `cbor()`, or a list of codecs',
    ),
    types: made('a registry of types, such as `typeRegistry()`', ['register', 'of', 'named']),
    compress: either(
      flag,
      group<CompressOptions>(
        { above: whole('bytes', 0, ANY) },
        { threshold: 'ours is `above`', level: 'leave it out, records are small' },
      ),
    ),
    encrypt: either(
      flag,
      group<EncryptOptions>({ acceptPlain: date('until then records written in clear are read'), holder: flag }),
    ),
    version: number('a whole number, 1 or more', (value) => Number.isSafeInteger(value) && value >= 1),
    migrations: list('a list of what `migration(from, to, up)` made', migrationRule),
    onNewerVersion: oneOf('carry', 'reset', 'throw'),
    store: either(
      either(storeRule, carrierRule, storeRule.allowed),
      fn<() => SessionStore>('a function that returns one'),
    ),
    maxAge: lifetimeRule,
    idleTimeout: lifetimeRule,
    touchAfter: seconds,
    cookie: cookieRule,
    transport: made('a transport (`read`, `write`, `clear`), such as `headerTransport()`', ['read', 'write', 'clear']),
    secrets: either(secretsRule, fn<() => string | readonly (string | Uint8Array)[]>('a function that returns them')),
    signIds: either(
      flag,
      group<SignIds>({ acceptUnsigned: date('until then ids without a signature are taken') }, {}, ['acceptUnsigned']),
    ),
    rotateEvery: number('seconds, 1 or more', (value) => value >= 1 && value < Number.POSITIVE_INFINITY),
    rotateGrace: seconds,
    onReuse: oneOf('ignore', 'revoke'),
    maxRecordBytes: whole('bytes', 1, ANY),
    decodedCacheBytes: whole('bytes', 0, ANY),
    flashMode: oneOf('read', 'next-request'),
    flashMaxAge: seconds,
    generateId: fn('a function that returns an id'),
    onInvalid: either(invalidPolicyRule, fn('a function that returns one of them')),
    onUnreadable: oneOf('reset', 'throw'),
    storeTimeout: whole('milliseconds', 1, MAX_TIMER_SECONDS * 1000),
    onStoreError: oneOf('throw', 'anonymous'),
    autoCollect: either(
      flag,
      group<{ readonly every: number }>(
        {
          every: number(
            `seconds, more than 0 and at most ${MAX_TIMER_SECONDS}`,
            (value) => value > 0 && value <= MAX_TIMER_SECONDS,
          ),
        },
        {},
        ['every'],
      ),
    ),
    subject: either(text('the key of the user id'), fn('a function of the data')),
    maxPerSubject: number(
      'a whole number, 1 or more, or Infinity',
      (value) => value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= 1),
    ),
    onLimit: oneOf('oldest', 'refuse'),
    clearSiteData: either(
      flag,
      list<readonly SiteData[]>('', siteData),
      `true, false, or a list of ${siteData.allowed}`,
    ),
    profile: either(profileRule, group<ProfileOptions>({ name: profileRule, deviations: reasonsRule }, {}, ['name'])),
    adopt: list(
      'a list of `{ reader, until }`',
      group<AdoptOptions<SessionSchema>>(
        {
          reader: made<SessionReader>(
            'a reader, such as `expressSession()`',
            ['find'],
            ({ name, cookies }: SessionReader) =>
              typeof name === 'string' && /^[\w@/.-]{1,64}$/.test(name) && Array.isArray(cookies),
          ),
          until: date('from then on nothing is adopted'),
          map: fn('a function of the old values'),
          old: oneOf('keep', 'end'),
          login: flag,
          share: group<ShareOptions<SessionSchema>>(
            {
              values: fn('a function of the data'),
              cookie: group<NonNullable<ShareOptions['cookie']>>(
                { ...sharedAttributes, secure: flag, httpOnly: flag },
                {
                  name: 'the reader has it',
                  maxAge: 'it lives as long as the session',
                  expires: 'it lives as long as the session',
                },
              ),
            },
            { keys: 'they belong to the reader', name: 'it belongs to the reader' },
            ['values'],
          ),
        },
        { from: 'ours is `reader`', store: 'it belongs to the reader', secret: 'it belongs to the reader' },
        ['reader', 'until'],
      ),
    ),
    hooks: either(hookObject, observer, hookObject.allowed),
    clock: fn('a function that returns milliseconds since the Unix epoch'),
  },
  {
    ...inside('cookie', Object.keys(cookieRule.parts?.rules ?? {})),
    ...inside('hooks', Object.keys(hooks)),
    ...elsewhere,
  },
)

function inside(option: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `it belongs into \`${option}: { ${name} }\``]))
}
