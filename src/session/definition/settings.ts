import type { Codec } from '../../codec/port.js'
import { systemClock } from '../../core/clock.js'
import { SessionConfigError } from '../../core/errors.js'
import { checkOptions, checkValue } from '../../core/options/check.js'
import type { AnyMigration } from '../../schema/migrate.js'
import type { NoFlash, SessionSchema } from '../../schema/types.js'
import { isSealedCarrier } from '../../stores/sealed.js'
import type { SubjectOptions } from '../record/subject-policy.js'
import { MAX_COOKIE_AGE } from '../transport/cookie.js'
import { sessionRule, timeRule } from './option-rules.js'
import type { AdoptOptions, SessionOptions } from './options.js'

const DEFAULTS = {
  name: 'session',
  maxAge: 86_400,
  idleTimeout: 3600,
  storeTimeout: 5000,
  maxRecordBytes: 1_048_576,
  decodedCacheBytes: 16_777_216,
  onInvalid: 'hide-key',
  onUnreadable: 'reset',
  onStoreError: 'throw',
  autoCollect: true,
  flashMode: 'read',
  rotateGrace: 60,
  onReuse: 'ignore',
  version: 1,
  onNewerVersion: 'carry',
  compress: false,
  encrypt: false,
  signIds: false,
  maxPerSubject: Number.POSITIVE_INFINITY,
  onLimit: 'oldest',
  clock: systemClock,
} as const satisfies SessionOptions

/** The options with their defaults filled in, as far as they are plain values: codec and store default elsewhere. */
export type Settings<F extends SessionSchema | NoFlash> = Omit<SessionOptions<F>, 'subject' | 'migrations' | 'adopt'> &
  Required<Pick<SessionOptions<F>, keyof typeof DEFAULTS>> & {
    readonly codecs: readonly Codec[] | undefined
    readonly subject?: SubjectOptions['subject'] | undefined
    readonly adopt?: readonly AdoptOptions[] | undefined
    readonly migrations?: readonly AnyMigration[] | undefined
  }

/** @throws SessionConfigError for every option that is unknown or makes no sense, in a sentence each */
export function resolveSettings<
  S extends SessionSchema,
  F extends SessionSchema | NoFlash,
  M extends readonly AnyMigration[],
>(options: SessionOptions<F, S, M>): Settings<F> {
  checkOptions(ownerOf(options), sessionRule, options)
  const { codec } = options
  const codecs = codec === undefined || Array.isArray(codec) ? codec : [codec as Codec]
  const settings = { ...DEFAULTS, ...withoutUndefined(options), codecs } as Settings<F>
  assertTogether(settings)
  checkValue(`What \`clock\` of session \`${settings.name}\` returned`, timeRule, settings.clock())
  return settings
}

/** What options mean to each other. What each may be is in `option-rules.ts`. */
function assertTogether(settings: Settings<SessionSchema | NoFlash>): void {
  const { name, codecs, idleTimeout, touchAfter, secrets, subject } = settings
  if (touchAfter !== undefined && touchAfter >= idleTimeout)
    throw new SessionConfigError(
      `\`touchAfter\` of session \`${name}\` is ${touchAfter} s and \`idleTimeout\` ${idleTimeout} s: a session in use would end before it is renewed. Choose less than half of it.`,
    )
  if (settings.maxPerSubject !== Number.POSITIVE_INFINITY && subject === undefined)
    throw new SessionConfigError(
      `\`maxPerSubject\` of session \`${name}\` needs \`subject\`: the key of the user id, for instance.`,
    )
  for (const option of ['encrypt', 'signIds'] as const) {
    if (settings[option] !== false && secrets === undefined)
      throw new SessionConfigError(
        `\`${option}\` of session \`${name}\` needs \`secrets\`. generateSecret() makes one.`,
      )
  }
  assertSealable(settings)
  assertAdoption(settings)
  const names = codecs?.map((codec) => codec.name)
  if (names && (names.length === 0 || new Set(names).size < names.length))
    throw new SessionConfigError(
      `\`codec\` of session \`${name}\` lists ${names.length ? names.join(', ') : 'nothing'}; give at least one, each name once.`,
    )
}

/** What a session that lives in its cookie cannot have. */
function assertSealable(settings: Settings<SessionSchema | NoFlash>): void {
  const { name, store, secrets, subject } = settings
  if (!isSealedCarrier(store)) return
  if (!store.hasSecrets && secrets === undefined)
    throw new SessionConfigError(
      `Session \`${name}\` lives in its cookie and has no \`secrets\`. generateSecret() makes one: cookieStore({ secrets }).`,
    )
  const without = (option: string, why: string) =>
    new SessionConfigError(`\`${option}\` of session \`${name}\` does not go with cookieStore(): ${why}.`)
  if (settings.transport) throw without('transport', 'the session is the cookie')
  if (settings.signIds !== false) throw without('signIds', 'whole cookies are sealed already')
  if (settings.rotateEvery !== undefined)
    throw without('rotateEvery', 'a cookie is sealed anew with each write, and an id alone opens nothing')
  if (settings.maxPerSubject !== Number.POSITIVE_INFINITY)
    throw without('maxPerSubject', 'sessions that their clients keep cannot be counted. Use another store')
  if (settings.encrypt !== false && !store.overflow)
    throw without('encrypt', 'cookies are encrypted already. It is for records in the store of `overflow`')
  if (subject !== undefined && !store.revocations)
    throw without('subject', 'without `revocations: store` nobody could end the sessions of one')
  if (settings.adopt && settings.adopt.length > 0)
    throw without('adopt', 'nothing would tell that an old session was adopted. Use another store')
}

function assertAdoption({ name, adopt, secrets, clock }: Settings<SessionSchema | NoFlash>): void {
  if (!adopt || adopt.length === 0) return
  if (secrets === undefined)
    throw new SessionConfigError(
      `\`adopt\` of session \`${name}\` needs \`secrets\`: they tie an old session to its new one. generateSecret() makes one.`,
    )
  const now = clock()
  for (const { reader, until } of adopt) {
    if (until.getTime() <= now)
      throw new SessionConfigError(
        `\`adopt\` of session \`${name}\`: the time of \`${reader.name}\` was over on ${until.toISOString()} (\`until\`). Remove it and its reader, or set a later date.`,
      )
    if (until.getTime() > now + MAX_COOKIE_AGE * 1000)
      throw new SessionConfigError(
        `\`adopt\` of session \`${name}\`: \`until\` of \`${reader.name}\` is more than 400 days away, which no cookie lives.`,
      )
  }
}

/** Whose options they are, for messages, whether or not they are any. */
function ownerOf(options: unknown): string {
  const { name = DEFAULTS.name } = Object(options) as { readonly name?: unknown }
  return typeof name === 'string' && name.length <= 64 ? `session \`${name}\`` : 'a session'
}

/** An option given as undefined is an option left out. */
function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
