import { audit, enforce } from './audit/enforce.js'
import { factsOf } from './audit/facts-of.js'
import type { AuditReport } from './audit/report.js'
import { cbor } from './codec/cbor.js'
import { compress } from './codec/compress.js'
import { seal } from './codec/seal.js'
import { SessionConfigError } from './core/errors.js'
import { generatedIds, randomIds, refOf } from './core/id.js'
import { createKeyring, type Keyring, type Secrets } from './core/keyring.js'
import { checkOptions, checkValue } from './core/options/check.js'
import { nearest } from './core/options/nearest.js'
import { group } from './core/options/rule.js'
import { createSchemaModel } from './schema/definition.js'
import type { AnyMigration } from './schema/migrate.js'
import { createMigrator } from './schema/migrator.js'
import type { NoFlash, SessionSchema } from './schema/types.js'
import { destroyById } from './session/admin/destroy-by-id.js'
import { destroyAll, scanSessions } from './session/admin/scan.js'
import type { SessionInfo } from './session/admin/session-info.js'
import { listSubject, type RevokeOptions, revokeRule, revokeSubject } from './session/admin/subject-sessions.js'
import { type SealAge, TOOLS, type Tools } from './session/admin/tools.js'
import { type Carriers, createCarriers } from './session/carrier.js'
import { GarbageCollector, type GarbageOptions, garbageRule } from './session/coordination/garbage.js'
import { createAdoption } from './session/definition/adoption.js'
import { checkStore } from './session/definition/check-store.js'
import { profileRule, secretsRule, sessionRule, storeRule } from './session/definition/option-rules.js'
import type { SessionOptions } from './session/definition/options.js'
import { resolvePolicies } from './session/definition/policies.js'
import type { AuditProfile } from './session/definition/profile.js'
import type { DefinitionRuntime } from './session/definition/runtime.js'
import { resolveSettings, type Settings } from './session/definition/settings.js'
import { assertOwnName } from './session/definition/sharing.js'
import type { StoreAssumptions } from './session/definition/store-assumptions.js'
import { createOpener, type SessionOpener } from './session/opener.js'
import { createRecordFormat, type RecordFormatOptions } from './session/record/format.js'
import { createEmit } from './session/record/hooks.js'
import { KeptContents } from './session/record/kept-contents.js'
import type { SessionRecords } from './session/record/records.js'
import { Sightings } from './session/record/sightings.js'
import { createStoreKeys } from './session/record/store-keys.js'
import { createSubjectPolicy, type SubjectId } from './session/record/subject-policy.js'
import { destroySealed, revokeSealed } from './session/sealed/end-sealed.js'
import type { SealedSessions } from './session/sealed/parts.js'
import type { SealedCookie } from './session/sealed/sealed-cookie.js'
import { cookieBudget, createSealedSessions, outsideOf } from './session/sealed/sealed-sessions.js'
import { createSettledStore, type SettledStore } from './session/store/settled-store.js'
import { memoryStore } from './stores/memory.js'
import type { SessionStore } from './stores/port.js'
import { isSealedCarrier } from './stores/sealed.js'

/** One kind of session: its schema and everything decided about it. Frozen; `with` makes changed copies. */
export interface SessionDefinition<S extends SessionSchema, F extends SessionSchema | NoFlash = NoFlash> {
  /** Names the session, its cookie, its records and its error messages. */
  readonly name: string
  /** The schema that it was defined with. */
  readonly schema: S
  /** The options that it was defined with, without the defaults of what was left out. */
  readonly options: Omit<SessionOptions<F, S>, 'migrations'>
  /** For HTTP edges; apps call `useSession`. */
  readonly opener: SessionOpener<S, F>
  /** A copy with other options, for tests and tools. */
  with(changes: Omit<SessionOptions<F, S>, 'flash' | 'version' | 'migrations'>): SessionDefinition<S, F>
  /** Ends a session from anywhere, by its raw id. False when there was none. @throws StoreError */
  destroyById(id: string): Promise<boolean>
  /** Ends every session of this definition, on whichever server it began. @returns how many @throws StoreError */
  destroyAll(): Promise<number>
  /** Walks the live sessions of this definition alone, in no order, as fast as they are taken. @throws StoreError */
  scan(): AsyncIterable<SessionInfo<S>>
  /** The sessions of one user, wherever they are; needs `subject`. */
  readonly subjects: Subjects<S>
  /**
   * What a standard asks of sessions, requirement by requirement, and whether this definition keeps it: as data, text and a page. It
   * opens no store. @param options.profile what to hold it to @default `profile` of the definition, or `owasp`
   * @throws SessionConfigError for a profile that there is not
   */
  audit(options?: {
    /** What to hold it to. */
    readonly profile?: AuditProfile
  }): AuditReport
  /** Deletes expired records in batches until none is left. @returns how many @throws StoreError */
  collectGarbage(options?: GarbageOptions): Promise<number>
  /** Closes the store, if it was used. */
  close(): Promise<void>
}

/**
 * Whose sessions there are. For what OWASP asks of an app that has accounts, see
 * [ASVS 5.0, V7.4 and V7.5](https://github.com/OWASP/ASVS/blob/master/5.0/en/0x16-V7-Session-Management.md).
 */
export interface Subjects<S extends SessionSchema> {
  /** The live sessions of a subject, newest first. @throws SessionConfigError without `subject`, StoreError */
  list(subject: SubjectId): Promise<SessionInfo<S>[]>
  /**
   * Ends all sessions of a subject, also those whose login is just being stored or that are just getting a new id; `except` (a
   * session, or what `list` gave) stays. A login that checks its credentials before and is stored after it is a new one: check
   * them against what is stored last. With `ref` only the session of that ref ends, if it is this subject's: for a page that
   * lists them. Answers how many. @throws SessionConfigError without `subject`, or for `ref` beside `except`; StoreError
   */
  revoke(subject: SubjectId, options?: RevokeOptions): Promise<number>
}

/**
 * Declares a session. Opens no connection and starts no timer: that happens when the first session is used.
 *
 * ```ts
 * const appSession = defineSession(z.object({ userId: z.number().optional() }))
 * ```
 *
 * @throws SessionConfigError for every mistake in schema or options, naming the option and the remedy
 */
export function defineSession<
  const S extends SessionSchema,
  const F extends SessionSchema | NoFlash = NoFlash,
  const M extends readonly AnyMigration[] = [],
>(schema: S, options: SessionOptions<F, S, M> = {}): SessionDefinition<S, F> {
  return define(schema, options, {})
}

const auditRule = group<{ readonly profile?: AuditProfile }>({ profile: profileRule })

/** @param family shared by a definition and its copies */
function define<
  const S extends SessionSchema,
  const F extends SessionSchema | NoFlash,
  const M extends readonly AnyMigration[],
>(schema: S, options: SessionOptions<F, S, M>, family: object): SessionDefinition<S, F> {
  const settings = resolveSettings(options)
  const { name } = settings
  const keyring = keyringOf(settings)
  const carriers: Carriers = createCarriers(settings, {
    keys: () => [...runtime.schema.keys.keys()],
    keyring,
    family,
    keyOf: (id) => runtime.records.keys.of(id),
    accepts: (id) => runtime.records.ids.accepts(id),
  })
  const { runtime, sealed, close, assume } = createRuntime(schema, settings, carriers, keyring)
  const { records } = runtime
  assertOwnName(name, runtime.adoption?.shares ?? [], carriers.cookieNames)
  const facts = () => factsOf(settings as Settings<SessionSchema | NoFlash>, carriers.cookieName)
  if (settings.profile !== undefined) enforce(facts(), settings.profile)
  const opener = createOpener<S, F>(runtime, carriers, sealed, assume)
  const tools: Tools = {
    records,
    codec: (settings.codecs ?? [cbor()])[0]?.name ?? '',
    sealAge: sealAgeOf(settings, keyring),
  }

  const definition = {
    name,
    schema,
    options,
    opener,
    with(changes) {
      checkOptions(`with() of session \`${name}\``, sessionRule, changes)
      return define<S, F, M>(schema, { ...options, ...changes }, family)
    },
    destroyById: (id) => (sealed ? destroySealed(sealed, records, id) : destroyById(records, id)),
    destroyAll: () => (sealed ? revokeSealed(sealed, records, undefined, {}) : destroyAll(records)),
    // They know records, the types above know what their schema makes of them.
    scan: () => scanSessions(records) as AsyncIterable<SessionInfo<S>>,
    subjects: Object.freeze({
      list: async (subject: SubjectId) => (await listSubject(records, subject)) as SessionInfo<S>[],
      async revoke(subject: SubjectId, given: RevokeOptions = {}) {
        checkOptions('subjects.revoke()', revokeRule, given)
        return sealed ? revokeSealed(sealed, records, subject, given) : revokeSubject(records, subject, given)
      },
    }),
    audit(given = {}) {
      checkOptions('audit()', auditRule, given)
      return audit(facts(), settings.profile, given.profile)
    },
    async collectGarbage(given = {}) {
      checkOptions('collectGarbage()', garbageRule, given)
      return runtime.garbage.collectAll(given.batch ?? 100)
    },
    close,
  } satisfies SessionDefinition<S, F>
  // For tools that walk the store: not among what an app sees, and found by a second copy of the library too.
  return Object.freeze(Object.defineProperty(definition, TOOLS, { value: tools }))
}

function createRuntime<F extends SessionSchema | NoFlash>(
  schema: SessionSchema,
  settings: Settings<F>,
  carriers: Carriers,
  keyring: () => Keyring,
): {
  readonly runtime: DefinitionRuntime
  readonly sealed: SealedSessions | undefined
  readonly close: () => Promise<void>
  readonly assume: (assumptions: StoreAssumptions) => void
} {
  const { name, clock, types, version, subject } = settings
  const migrations = settings.migrations ?? []
  const migrator = createMigrator(schema, { version, migrations, label: `session \`${name}\``, types })
  const flashSchema = settings.flash && createSchemaModel(settings.flash, `the flash of session \`${name}\``, types)
  if (typeof subject === 'string') assertSubjectKey(name, subject, [...migrator.model.keys.keys()])
  const keys = createStoreKeys(name)
  const { emit, emitRef } = createEmit(name, settings.hooks ?? {}, (id) => refOf(keys.of(id)))
  let store: SessionStore | undefined
  let settled: SettledStore | undefined
  let assumed: StoreAssumptions = {}

  function openStore(): SettledStore {
    if (sealed) settled = outsideOf(sealed)
    else {
      const { store: instead, around = (made: SessionStore) => made } = assumed
      store = checkStore(around(storeOf(settings, instead)), {
        name,
        development: carriers.mode.current(),
        chosen: settings.store !== undefined || instead !== undefined,
        hasSubject: subject !== undefined,
      })
      settled = settle(store)
    }
    if (typeof settings.autoCollect === 'object') garbage.start(settings.autoCollect.every)
    return settled
  }

  function settle(store: SessionStore): SettledStore {
    return createSettledStore(store, name, settings.storeTimeout, (error, key) => {
      const isSession = key !== undefined && keys.isSession(key)
      emitRef('storeError', isSession ? records.refOf(key) : undefined, { error })
    })
  }

  const carrier = isSealedCarrier(settings.store) ? settings.store : undefined
  const making = carrier && {
    carrier,
    records: { name, clock, keys, subjects: subject },
    cookie: () => carriers.production.sealed as SealedCookie,
    persistent: carriers.persistent,
  }
  const sealed =
    making &&
    createSealedSessions({
      ...making,
      settle: (store) => settle(checkStore(store, { name, development: true, chosen: true, hasSubject: false })),
    })

  const records: SessionRecords = {
    name,
    clock,
    emit,
    emitRef,
    keys,
    refOf,
    ids: settings.generateId ? generatedIds(settings.generateId) : randomIds,
    format: createRecordFormat({
      name,
      migrator,
      types,
      transforms: transformsOf(settings, keyring),
      flashSchema,
      codecs: settings.codecs ?? [cbor()],
      maxRecordBytes: settings.maxRecordBytes,
      budget: making && cookieBudget(making, () => carriers.cookieName),
      flashMaxAgeMs: settings.flashMaxAge === undefined ? Number.POSITIVE_INFINITY : settings.flashMaxAge * 1000,
    }),
    kept: new KeptContents({
      maxBytes: settings.decodedCacheBytes,
      unsteady: [...migrator.model.keys.values()].filter((key) => !key.isSteady),
      types,
      schemaVersion: version,
    }),
    schemaVersion: version,
    reading: settings,
    subjects:
      subject === undefined
        ? undefined
        : createSubjectPolicy(name, {
            subject,
            max: settings.maxPerSubject,
            onLimit: settings.onLimit,
            isListed: sealed === undefined,
          }),
    get flashClaims() {
      return sealed?.revocations
    },
    sightings: new Sightings(),
    storeTimeout: settings.storeTimeout,
    store: () => settled ?? openStore(),
  }
  const garbage = new GarbageCollector(records, settings.autoCollect === true)
  const runtime: DefinitionRuntime = {
    name,
    clock,
    records,
    garbage,
    schema: migrator.model,
    flashSchema,
    types,
    policies: resolvePolicies(settings, carriers.persistent),
    adoption: createAdoption(settings, keyring),
    checkCookie: (attributes) => carriers.check(attributes),
  }
  return {
    runtime,
    sealed,
    async close() {
      garbage.stop()
      await (sealed ?? store)?.close?.()
    },
    assume(assumptions) {
      assumed = assumptions
    },
  }
}

function assertSubjectKey(name: string, subject: string, keys: readonly string[]): void {
  if (keys.includes(subject)) return
  const near = nearest(subject, keys)
  throw new SessionConfigError(
    `\`subject\` of session \`${name}\` is \`${subject}\`, which is no key of its schema. ${near === undefined ? `Its keys are ${keys.join(', ') || 'none'}.` : `Did you mean \`${near}\`?`}`,
  )
}

/** What happens to the bytes of a record after its codec. Compression comes first: sealed bytes do not shrink. */
function transformsOf(
  settings: Settings<SessionSchema | NoFlash>,
  keyring: () => Keyring,
): RecordFormatOptions['transforms'] {
  const { encrypt, store } = settings
  const above = isSealedCarrier(store) ? store.compressAbove : undefined
  const squeezing = compress(
    typeof settings.compress === 'object' ? settings.compress : above === undefined ? {} : { above },
  )
  const sealing = encrypt === false ? [] : [seal(keyring, encrypt === true ? {} : encrypt)]
  return {
    writing: settings.compress === false && above === undefined ? sealing : [squeezing, ...sealing],
    // Compressed records stay readable when it is switched off.
    reading: [squeezing, ...sealing],
  }
}

/** Which secret a record was sealed with: what `reseal` goes by. */
function sealAgeOf(
  { encrypt }: Settings<SessionSchema | NoFlash>,
  keyring: () => Keyring,
): (keyId: Uint8Array) => SealAge {
  if (encrypt === false) return () => 'unknown'
  return (keyId) => {
    for (const purpose of ['seal', 'seal holder']) {
      const at = keyring()
        .derive(purpose)
        .findIndex(({ id }) => Buffer.compare(id, keyId) === 0)
      if (at >= 0) return purpose === 'seal holder' ? 'holder' : at === 0 ? 'newest' : 'older'
    }
    return 'unknown'
  }
}

function storeOf(
  { name, store }: Settings<SessionSchema | NoFlash>,
  instead: () => SessionStore = memoryStore,
): SessionStore {
  if (typeof store !== 'function') return (store as SessionStore | undefined) ?? instead()
  const made: unknown = store()
  checkValue(`What \`store\` of session \`${name}\` returned`, storeRule, made)
  return made
}

/** Opened on first use: secrets given by a function may not be known at import. */
function keyringOf({ name, secrets }: Settings<SessionSchema | NoFlash>): () => Keyring {
  // A weak secret that is given as a value is refused at definition.
  let keyring = secrets === undefined || typeof secrets === 'function' ? undefined : createKeyring(secrets)
  return () => {
    if (secrets === undefined) throw new SessionConfigError(`Session \`${name}\` has no \`secrets\`.`)
    return (keyring ??= createKeyring(typeof secrets === 'function' ? calledSecrets(name, secrets) : secrets))
  }
}

function calledSecrets(name: string, secrets: () => Secrets): Secrets {
  const given: unknown = secrets()
  checkValue(`What \`secrets\` of session \`${name}\` returned`, secretsRule, given)
  return given
}
