import { cbor } from './codec/cbor.js'
import type { Codec } from './codec/port.js'
import { systemClock } from './core/clock.js'
import { SessionConfigError } from './core/errors.js'
import { DEFAULT_ID_BYTES, generatedIds, randomIds } from './core/id.js'
import { createSchemaModel } from './schema/definition.js'
import type { NoFlash, SessionSchema } from './schema/types.js'
import { createBackend } from './session/backend.js'
import { createSessionCookie, MAX_COOKIE_AGE, type SessionCookie } from './session/cookie.js'
import type { Engine, Policy } from './session/engine.js'
import { destroyById } from './session/lifecycle.js'
import { createEmit } from './session/hooks.js'
import { createManager, type SessionManager } from './session/manager.js'
import type { SessionOptions } from './session/options.js'
import { createRecordFormat } from './session/record.js'
import { cookieTransport } from './session/transport.js'
import { memoryStore } from './stores/memory.js'
import { isCollectable, type SessionStore } from './stores/port.js'

/** One kind of session: its schema and everything decided about it. Frozen; `with` makes changed copies. */
export interface SessionDefinition<S extends SessionSchema, F extends SessionSchema | NoFlash = NoFlash> {
  readonly name: string
  readonly schema: S
  readonly options: SessionOptions<F>
  /** For HTTP edges; apps call `useSession`. */
  readonly manager: SessionManager<S, F>
  /** A copy with other options, for tests and tools. */
  with(changes: Omit<SessionOptions<F>, 'flash'>): SessionDefinition<S, F>
  /** Ends a session from anywhere, by its raw id (M027). False when there was none. @throws StoreError */
  destroyById(id: string): Promise<boolean>
  /** Deletes expired records in batches until none is left; answers how many. @throws StoreError */
  collectGarbage(options?: { readonly batch?: number }): Promise<number>
  /** Closes the store, if it was used. */
  close(): Promise<void>
}

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
  clock: systemClock,
} as const satisfies SessionOptions

/**
 * Declares a session. Opens no connection and starts no timer: that happens when the first session is used.
 *
 * ```ts
 * const appSession = defineSession(z.object({ userId: z.number().optional() }))
 * ```
 *
 * @throws SessionConfigError for every mistake in schema or options, naming the option and the remedy
 */
export function defineSession<const S extends SessionSchema, const F extends SessionSchema | NoFlash = NoFlash>(
  schema: S,
  options: SessionOptions<F> = {},
): SessionDefinition<S, F> {
  const settings = { ...DEFAULTS, ...withoutUndefined(options) }
  const { name } = settings
  assertOptions(settings)
  const cookie = createSessionCookie(name, settings.cookie ?? {}, process.env['NODE_ENV'] === 'production')
  const engine = createEngine(schema, settings, cookie)
  const manager = createManager<S, F>(engine, settings.transport ?? cookieTransport(cookie))

  return Object.freeze({
    name,
    schema,
    options,
    manager,
    with: (changes) => defineSession<S, F>(schema, { ...options, ...changes }),
    destroyById: (id) => destroyById(engine, id),
    async collectGarbage({ batch = 1000 } = {}) {
      const store = engine.store()
      if (!isCollectable(store)) return 0
      let total = 0
      for (;;) {
        const count = await store.collectGarbage(engine.clock(), batch)
        total += count
        if (count < batch) return total
      }
    },
    close: () => engine.close(),
  } satisfies SessionDefinition<S, F>)
}

type Settings<F extends SessionSchema | NoFlash> = SessionOptions<F> & Required<Pick<SessionOptions<F>, keyof typeof DEFAULTS>>

function createEngine<F extends SessionSchema | NoFlash>(schema: SessionSchema, settings: Settings<F>, cookie: SessionCookie): Engine & { close(): Promise<void> } {
  const { name, clock, idleTimeout } = settings
  const schemaModel = createSchemaModel(schema, `session \`${name}\``)
  const flashSchema = settings.flash && createSchemaModel(settings.flash, `the flash of session \`${name}\``)
  const policy: Policy = {
    maxAge: settings.maxAge,
    idleTimeout,
    touchAfterMs: (settings.touchAfter ?? idleTimeout / 10) * 1000,
    persistent: cookie.persistent,
    onInvalid: settings.onInvalid,
    onUnreadable: settings.onUnreadable,
    onGone: settings.onGone,
    onStoreError: settings.onStoreError,
    keepOnServerError: settings.keepOnServerError,
    autoCollect: settings.autoCollect,
  }
  let store: SessionStore | undefined
  const openStore = () => {
    if (!store) {
      warnOnce(cookie, settings)
      store = typeof settings.store === 'function' ? settings.store() : (settings.store ?? memoryStore())
      assertGuarantees(name, store)
    }
    return store
  }
  let backend: ReturnType<typeof createBackend> | undefined
  return {
    name,
    clock,
    policy,
    schema: schemaModel,
    flashSchema,
    emit: createEmit(name, settings.hooks ?? {}),
    ids: settings.generateId ? generatedIds(settings.generateId) : randomIds(settings.idLength),
    format: createRecordFormat({
      name,
      schema: schemaModel,
      flashSchema,
      codecs: codecsOf(settings.codec),
      maxRecordBytes: settings.maxRecordBytes,
      flashMaxAgeMs: settings.flashMaxAge === undefined ? Number.POSITIVE_INFINITY : settings.flashMaxAge * 1000,
    }),
    store: openStore,
    backend: () => (backend ??= createBackend(openStore(), name, settings.storeTimeout)),
    close: async () => store?.close?.(),
  }
}

function codecsOf(codec: Codec | readonly Codec[] | undefined): readonly Codec[] {
  if (codec === undefined) return [cbor()]
  return Array.isArray(codec) ? (codec as readonly Codec[]) : [codec as Codec]
}

function assertOptions(settings: Settings<SessionSchema | NoFlash>): void {
  const { name, maxAge, idleTimeout, touchAfter, flashMaxAge, storeTimeout, maxRecordBytes } = settings
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new SessionConfigError(`\`name\` of a session is ${JSON.stringify(name)}; use 1 to 64 letters, digits, - and _, because it names a cookie.`)
  }
  for (const [option, value] of Object.entries({ maxAge, idleTimeout })) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_COOKIE_AGE) throw new SessionConfigError(`\`${option}\` of session \`${name}\` is ${String(value)}; it is whole seconds from 1 to ${MAX_COOKIE_AGE} (400 days).`)
  }
  for (const [option, value] of Object.entries({ touchAfter, flashMaxAge })) {
    if (value !== undefined && !(value >= 0)) throw new SessionConfigError(`\`${option}\` of session \`${name}\` is ${String(value)}; it is seconds, 0 or more.`)
  }
  for (const [option, value] of Object.entries({ storeTimeout, maxRecordBytes })) {
    if (!Number.isInteger(value) || value < 1) throw new SessionConfigError(`\`${option}\` of session \`${name}\` is ${String(value)}; it is a whole number above 0.`)
  }
  const names = codecsOf(settings.codec).map((codec) => codec.name)
  if (names.length === 0 || new Set(names).size < names.length || names.some((codec) => !/^[a-z0-9-]{1,32}$/.test(codec))) {
    throw new SessionConfigError(`\`codec\` of session \`${name}\` lists ${names.length ? names.join(', ') : 'nothing'}; give at least one, each name once, of 1 to 32 characters a-z 0-9 -.`)
  }
}

function assertGuarantees(name: string, store: SessionStore): void {
  if (store.guarantees.atomicUpdate && store.guarantees.revocable) return
  const missing = store.guarantees.atomicUpdate ? 'end a session at once' : 'compare and update in one step'
  throw new SessionConfigError(`The store of session \`${name}\` cannot ${missing}, which zession needs so that no login is lost or revived. Use another store.`)
}

const warned = new Set<string>()

/** Said once and loudly: both are fine in development and a hole in production. */
function warnOnce(cookie: SessionCookie, settings: Settings<SessionSchema | NoFlash>): void {
  const production = process.env['NODE_ENV'] === 'production'
  const say = (text: string) => {
    if (warned.has(text)) return
    warned.add(text)
    console.warn(`zession: ${text}`)
  }
  if (!cookie.secure && !settings.transport) {
    say(`cookie \`${cookie.name}\` is sent without Secure and the __Host- prefix, for plain http in development. Set NODE_ENV=production, or \`cookie: { secure: true }\`, behind https.`)
  }
  if (production && !settings.store) say(`session \`${settings.name}\` lives in the memory of this process: a restart logs everybody out. Set \`store\`.`)
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
