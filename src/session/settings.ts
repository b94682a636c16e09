import type { Codec } from '../codec/port.js'
import { systemClock } from '../core/clock.js'
import { SessionConfigError } from '../core/errors.js'
import { DEFAULT_ID_BYTES } from '../core/id.js'
import type { AnyMigration } from '../schema/migrate.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import { MAX_COOKIE_AGE } from './cookie.js'
import type { SessionOptions } from './options.js'
import type { SubjectOptions } from './subjects/policy.js'

const DEFAULTS = {
  name: 'session',
  maxAge: 86_400,
  idleTimeout: 3600,
  storeTimeout: 5000,
  maxRecordBytes: 1_048_576,
  idLength: DEFAULT_ID_BYTES,
  onInvalid: 'hide-key',
  onUnreadable: 'reset',
  onGone: 'ignore',
  onStoreError: 'throw',
  keepOnServerError: false,
  autoCollect: true,
  acceptWeakStore: [],
  flashMode: 'read',
  rotateGrace: 60,
  onReuse: 'ignore',
  version: 1,
  onNewerVersion: 'carry',
  encrypt: false,
  signIds: false,
  hashIds: true,
  maxPerSubject: Number.POSITIVE_INFINITY,
  onLimit: 'oldest',
  clock: systemClock,
} as const satisfies SessionOptions

/** The options with their defaults filled in, as far as they are plain values: codec and store default elsewhere. */
export type Settings<F extends SessionSchema | NoFlash> = Omit<SessionOptions<F>, 'subject' | 'migrations'> &
  Required<Pick<SessionOptions<F>, keyof typeof DEFAULTS>> & {
    readonly codecs: readonly Codec[] | undefined
    readonly subject?: SubjectOptions['subject'] | undefined
    readonly migrations?: readonly AnyMigration[] | undefined
  }

/** @throws SessionConfigError for the first option that makes no sense */
export function resolveSettings<
  S extends SessionSchema,
  F extends SessionSchema | NoFlash,
  M extends readonly AnyMigration[],
>(options: SessionOptions<F, S, M>): Settings<F> {
  const { codec } = options
  const codecs = codec === undefined || Array.isArray(codec) ? codec : [codec as Codec]
  const settings = { ...DEFAULTS, ...withoutUndefined(options), codecs } as Settings<F>
  assertSettings(settings)
  return settings
}

/** Node's timers hold 2^31 milliseconds; the pause may be half as long again. */
const MAX_TIMER_SECONDS = 1_000_000

function assertSettings(settings: Settings<SessionSchema | NoFlash>): void {
  const { name, maxAge, idleTimeout, touchAfter, flashMaxAge, storeTimeout, maxRecordBytes, maxPerSubject } = settings
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new SessionConfigError(
      `\`name\` of a session is ${JSON.stringify(name)}; use 1 to 64 letters, digits, - and _, because it names a cookie.`,
    )
  }
  for (const [option, value] of Object.entries({ maxAge, idleTimeout })) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_COOKIE_AGE)
      throw new SessionConfigError(
        `\`${option}\` of session \`${name}\` is ${String(value)}; it is whole seconds from 1 to ${MAX_COOKIE_AGE} (400 days).`,
      )
  }
  const { rotateEvery, rotateGrace, autoCollect } = settings
  if (typeof autoCollect === 'object' && !(autoCollect.every > 0 && autoCollect.every <= MAX_TIMER_SECONDS))
    throw new SessionConfigError(
      `\`autoCollect.every\` of session \`${name}\` is ${String(autoCollect.every)}; it is seconds, more than 0 and at most ${MAX_TIMER_SECONDS}.`,
    )
  for (const [option, value] of Object.entries({ touchAfter, flashMaxAge, rotateEvery, rotateGrace })) {
    if (value !== undefined && !(value >= 0))
      throw new SessionConfigError(
        `\`${option}\` of session \`${name}\` is ${String(value)}; it is seconds, 0 or more.`,
      )
  }
  if (rotateEvery !== undefined && rotateEvery < 1)
    throw new SessionConfigError(
      `\`rotateEvery\` of session \`${name}\` is ${rotateEvery}; it is at least 1 second, in which the age of an id is counted.`,
    )
  if (touchAfter !== undefined && touchAfter >= idleTimeout)
    throw new SessionConfigError(
      `\`touchAfter\` of session \`${name}\` is ${touchAfter} s and \`idleTimeout\` ${idleTimeout} s: a session in use would end before it is renewed. Choose less than half of it.`,
    )
  if (!Number.isInteger(maxRecordBytes) || maxRecordBytes < 1)
    throw new SessionConfigError(
      `\`maxRecordBytes\` of session \`${name}\` is ${String(maxRecordBytes)}; it is a whole number above 0.`,
    )
  if (!Number.isInteger(storeTimeout) || storeTimeout < 1 || storeTimeout > MAX_TIMER_SECONDS * 1000)
    throw new SessionConfigError(
      `\`storeTimeout\` of session \`${name}\` is ${String(storeTimeout)}; it is whole milliseconds from 1 to ${MAX_TIMER_SECONDS * 1000}.`,
    )
  if (maxPerSubject !== Number.POSITIVE_INFINITY) {
    if (!Number.isInteger(maxPerSubject) || maxPerSubject < 1)
      throw new SessionConfigError(
        `\`maxPerSubject\` of session \`${name}\` is ${String(maxPerSubject)}; it is a whole number above 0.`,
      )
    if (settings.subject === undefined)
      throw new SessionConfigError(
        `\`maxPerSubject\` of session \`${name}\` needs \`subject\`: the key of the user id, for instance.`,
      )
  }
  for (const [option, until] of Object.entries({
    'signIds.acceptUnsigned': typeof settings.signIds === 'object' ? settings.signIds.acceptUnsigned : undefined,
    'hashIds.acceptPlain': typeof settings.hashIds === 'object' ? settings.hashIds.acceptPlain : undefined,
  })) {
    if (until !== undefined && !(until instanceof Date && !Number.isNaN(until.getTime())))
      throw new SessionConfigError(`\`${option}\` of session \`${name}\` is not a valid Date.`)
  }
  if (settings.encrypt !== false && settings.secrets === undefined)
    throw new SessionConfigError(`\`encrypt\` of session \`${name}\` needs \`secrets\`. generateSecret() makes one.`)
  if (settings.signIds !== false && settings.secrets === undefined)
    throw new SessionConfigError(`\`signIds\` of session \`${name}\` needs \`secrets\`. generateSecret() makes one.`)
  const names = settings.codecs?.map((codec) => codec.name)
  if (
    names &&
    (names.length === 0 ||
      new Set(names).size < names.length ||
      names.some((codec) => !/^[a-z0-9-]{1,32}$/.test(codec)))
  ) {
    throw new SessionConfigError(
      `\`codec\` of session \`${name}\` lists ${names.length ? names.join(', ') : 'nothing'}; give at least one, each name once, of 1 to 32 characters a-z 0-9 -.`,
    )
  }
}

/** An option given as undefined is an option left out. */
function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
