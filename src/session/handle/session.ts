import { expiresAtAfterUse } from '../../core/deadline.js'
import { SessionConfigError, SessionValidationError, type ValidationIssue } from '../../core/errors.js'
import { describeShape } from '../../core/shape.js'
import { invalidValues } from '../../schema/issues.js'
import type { KeyModel } from '../../schema/key.js'
import type {
  Draft,
  Gettable,
  KeysOf,
  MutableKey,
  NoFlash,
  SessionData,
  SessionSchema,
  Settable,
} from '../../schema/types.js'
import type { Change } from '../record/changes.js'
import { type Entry, isEmpty, sameContents } from '../record/contents.js'
import { NO_ID } from '../record/format.js'
import { placeOf } from '../record/records.js'
import { commit } from '../request/commit.js'
import { destroy } from '../request/destroy.js'
import { assertReadable, assertWritable, knownKey } from '../request/guard.js'
import { handOut } from '../request/hand-out.js'
import { regenerate } from '../request/regenerate.js'
import type { UnitOfWork } from '../request/unit-of-work.js'
import type { CookieAttributes } from '../transport/cookie.js'
import { mutated } from './computed-value.js'
import { clearChange, deleteChange, setChange, updateChange } from './data-changes.js'
import type { Flash } from './flash.js'
import { keptDefault } from './kept-default.js'
import { cookieOptionsChange, expiryChange, rememberChange } from './lifetime-changes.js'

/** What is behind a handle, for the rest of the library. */
export let unitOf: (session: object) => UnitOfWork

/**
 * One request's handle on a session. Reading is synchronous and never reaches the store; `set`, `update`, `mutate`, `delete`
 * and `clear` are stored together when the response is about to leave, `save`, `regenerate`, `rotate` and `destroy` at once.
 */
export class Session<S extends SessionSchema, F extends SessionSchema | NoFlash = NoFlash> {
  readonly #unit: UnitOfWork
  /** Values for the next response that shows them. */
  readonly flash: Flash<F>

  static {
    unitOf = (session) => (session as Session<SessionSchema>).#unit
  }

  constructor(unit: UnitOfWork, flash: Flash<F>) {
    this.#unit = unit
    this.flash = flash
  }

  /** The secret that names this session; undefined until a new session is first stored. Use `ref` in logs. */
  get id(): string | undefined {
    assertReadable(this.#unit)
    return this.#unit.id
  }

  /** A short one-way hash of the id, safe to log; undefined while there is no id. The only thing left to ask after `destroy`. */
  get ref(): string | undefined {
    return this.#unit.ref
  }

  /** True until the session is first stored. */
  get isNew(): boolean {
    assertReadable(this.#unit)
    return this.#unit.stored === undefined
  }

  /** Whether a commit now would write anything. */
  get changed(): boolean {
    assertReadable(this.#unit)
    const { view, stored } = this.#unit
    return stored ? !sameContents(view, stored.contents, this.#unit.runtime.types) : !isEmpty(view)
  }

  /** When it was created or last regenerated (the login, in most apps), by the definition's clock. */
  get createdAt(): Date {
    assertReadable(this.#unit)
    return new Date(this.#unit.view.lifetime.createdAt)
  }

  /** Seconds since it was created or last regenerated (the login, in most apps), by the definition's clock. */
  get age(): number {
    assertReadable(this.#unit)
    return Math.max(0, this.#unit.runtime.clock() - this.#unit.view.lifetime.createdAt) / 1000
  }

  /** When the session ends if it is used now and never again. */
  get expiresAt(): Date {
    assertReadable(this.#unit)
    return new Date(expiresAtAfterUse(this.#unit.view.lifetime, this.#unit.runtime.clock()))
  }

  /** All data, defaults included. */
  get data(): SessionData<S> {
    assertReadable(this.#unit)
    const data: Record<string, unknown> = {}
    for (const model of this.#unit.runtime.schema.keys.values()) {
      const entry = this.#entry(model)
      if (entry) data[model.name] = handOut(entry, this.#unit.runtime.types)
      this.#unit.noteRead(model.name)
    }
    return Object.freeze(data) as SessionData<S>
  }

  /**
   * The value of a key; its default, or undefined, when it is absent. Values cannot be changed in place: plain objects and
   * arrays are frozen, everything else is a copy. @throws SessionError `ERR_SESSION_UNKNOWN_KEY`
   */
  get<K extends KeysOf<S>['all']>(key: K): Gettable<S, K> {
    assertReadable(this.#unit)
    this.#unit.noteRead(key)
    return handOut(this.#entry(this.#model(key)), this.#unit.runtime.types) as Gettable<S, K>
  }

  /** Whether a value is stored; a default does not count. */
  has(key: KeysOf<S>['all']): boolean {
    assertReadable(this.#unit)
    this.#unit.noteRead(key)
    return this.#unit.view.data.has(this.#model(key).name)
  }

  /**
   * Sets a value; an equal one changes nothing. If another request changes the key first, this value replaces its, unless the schema's
   * metadata has a rule: `.meta({ zession: { merge: 'sum' } })`, or `union` or `append`. In development a warning says so when
   * this request had read the key: use `update` for what is computed from it. @throws SessionValidationError naming the key
   */
  set<K extends KeysOf<S>['all']>(key: K, value: Settable<S, K>): void {
    const model = this.#writable(key, 'set')
    const change = setChange(this.#unit, model, value)
    if (change) this.#unit.change(change)
  }

  /**
   * `set` for several keys at once: all of them, or none when one is refused.
   *
   * ```ts
   * session.assign({ userId: 7, theme: 'dark' })
   * ```
   *
   * @throws SessionValidationError with the issues of every key that was refused
   */
  assign(values: { readonly [K in KeysOf<S>['all']]?: Settable<S, K> }): void {
    assertWritable(this.#unit, 'assign()')
    const changes: Change[] = []
    const refused: ValidationIssue[] = []
    for (const [key, value] of Object.entries(values)) {
      const model = this.#model(key)
      try {
        const change = setChange(this.#unit, model, value)
        if (change) changes.push(change)
      } catch (error) {
        if (!(error instanceof SessionValidationError)) throw error
        refused.push(...error.issues)
      }
    }
    if (refused.length > 0) throw invalidValues(`session \`${this.#unit.runtime.name}\``, refused)
    for (const change of changes) this.#unit.change(change)
  }

  /**
   * Computes a value from the current one. If another request changes the session first, `compute` runs again on what that one
   * stored, so it must depend on nothing else and change nothing else. @throws SessionValidationError, and SessionError
   * `ERR_SESSION_READONLY` for a change of the session inside it
   */
  update<K extends KeysOf<S>['all']>(key: K, compute: (current: Gettable<S, K>) => Settable<S, K>): void {
    this.#update(key, 'update', (_, current) => compute(current as Gettable<S, K>))
  }

  /**
   * `update` for values that are easier to change in place: `change` gets a copy of its own and returns nothing.
   * @throws SessionValidationError when there is nothing that could be changed in place, or it returns something
   */
  mutate<K extends MutableKey<S>>(key: K, change: (draft: Draft<S, K>) => undefined | void): void {
    this.#update(key, 'mutate', (model, current) => mutated(this.#unit.runtime, model, current, change))
  }

  /** Removes a value; a key with a default returns to it. True when there was one. */
  delete(key: KeysOf<S>['all']): boolean {
    this.#writable(key, 'delete')
    const had = this.#unit.view.data.has(key)
    if (had || this.#unit.view.carried.has(key)) this.#unit.change(deleteChange(key))
    return had
  }

  /**
   * Returns the value of a key and removes it: `get` and `delete` in one call, stored with the commit. Two requests at the same
   * time may both get it; for a message that must reach one response and never two, use a flash channel.
   */
  pull<K extends KeysOf<S>['all']>(key: K): Gettable<S, K> {
    const value = this.get(key)
    this.delete(key)
    return value
  }

  /** Removes all data and waiting flashes, and keeps the session and its id. */
  clear(): void {
    assertWritable(this.#unit, 'clear()')
    this.#unit.change(clearChange)
    this.flash.clear()
  }

  /**
   * Stores the changes so far at once, whatever the response turns out to be. If it fails with one of
   * the first three they are still pending, else they are dropped. @throws StoreError, SessionValidationError, CodecError;
   * SessionGoneError, SessionConflictError, SessionLimitError, and what a function given to `update` throws
   */
  save(): Promise<void> {
    return this.#atOnce('save()', () => commit(this.#unit))
  }

  /** Renews the idle deadline with the next commit, however recent the last use. */
  touch(): void {
    assertWritable(this.#unit, 'touch()')
    this.#unit.touch()
  }

  /**
   * New id, both clocks restart, the old id is dead before this returns: call it at every change of privilege
   * ([OWASP](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html) says why). `keep` names the
   * only keys that survive. If it fails, changes made before it are dropped. @throws SessionGoneError when the session was ended
   * elsewhere, SessionConflictError, StoreError
   */
  regenerate({
    keep,
  }: {
    /** The keys that stay; the others are removed. Flashes stay. @default all of them */
    readonly keep?: readonly KeysOf<S>['all'][]
  } = {}): Promise<void> {
    const pending = [...this.#unit.log]
    const check = () => {
      if (keep !== undefined && !Array.isArray(keep))
        throw new SessionConfigError(
          `regenerate({ keep }) of session \`${this.#unit.runtime.name}\` takes an array of keys, and got ${describeShape(keep)}. Write keep: ['cart'].`,
        )
      for (const key of keep ?? []) this.#model(key)
    }
    return this.#atOnce('regenerate()', () =>
      regenerate(this.#unit, { ...(keep !== undefined && { keep, check }), pending, restart: true }),
    )
  }

  /** New id, same data, clocks go on: hygiene for long sessions. @throws SessionGoneError when the session was ended elsewhere */
  rotate(): Promise<void> {
    const pending = [...this.#unit.log]
    return this.#atOnce('rotate()', () => regenerate(this.#unit, { pending, restart: false }))
  }

  /** Ends this session at once and for good. The handle is unusable afterwards; the next `useSession` gives a fresh one. */
  destroy(): Promise<void> {
    return this.#atOnce('destroy()', () => destroy(this.#unit))
  }

  /**
   * Sets the idle, absolute and cookie lifetime of this session to `seconds`, counted from now. `false` restores the configured
   * lifetimes, counted from now.
   */
  remember(seconds: number | false): void {
    assertWritable(this.#unit, 'remember()')
    this.#unit.change(rememberChange(this.#unit.runtime, seconds))
  }

  /**
   * How the cookie of this session is written from now until its end, where that is not as the definition says; `{}` returns to
   * the definition. It is sent with this response and stored with the session, so that a later renewal and the removal repeat it.
   * A cookie that browsers hold under another domain, path or partition stays there: set these before the first response.
   * @throws SessionConfigError when browsers would drop the cookie: a `domain` under the `__Host-` prefix, for instance
   */
  setCookieOptions(options: CookieAttributes): void {
    assertWritable(this.#unit, 'setCookieOptions()')
    this.#unit.change(cookieOptionsChange(this.#unit.runtime, options))
  }

  /** Ends this session `seconds` from now, whether it is used or not. */
  setExpiry(seconds: number): void {
    assertWritable(this.#unit, 'setExpiry()')
    this.#unit.change(expiryChange(this.#unit.runtime, seconds))
  }

  /** The bytes that a commit would store now. @throws CodecError */
  encode(): Uint8Array {
    assertReadable(this.#unit)
    const { id, stored, view } = this.#unit
    const { records } = this.#unit.runtime
    const place = id === undefined || !stored ? placeOf(records, NO_ID) : { id, key: stored.key }
    return records.format.encode(this.#unit.defaults.completing(view), place, records.clock())
  }

  /** One after the other, and only as long as the session is there: the one before may have ended it. */
  #atOnce(what: string, run: () => Promise<void>): Promise<void> {
    return this.#unit.calls.track(this.#inTurn(what, run))
  }

  async #inTurn(what: string, run: () => Promise<void>): Promise<void> {
    assertWritable(this.#unit, what)
    await this.#unit.calls.inTurn(async () => {
      assertWritable(this.#unit, what)
      await run()
    })
  }

  #update(key: string, what: 'update' | 'mutate', compute: (model: KeyModel, current: unknown) => unknown): void {
    const model = this.#writable(key, what)
    const onAny = (current: unknown) => compute(model, current)
    this.#unit.change(updateChange(this.#unit, model, onAny, what))
  }

  #entry(model: KeyModel): Entry | undefined {
    const { data } = this.#unit.view
    return data.get(model.name) ?? keptDefault(this.#unit, model)
  }

  #model(key: string): KeyModel {
    return knownKey(this.#unit.runtime.schema, key, `Session \`${this.#unit.runtime.name}\``)
  }

  #writable(key: string, what: string): KeyModel {
    const model = this.#model(key)
    assertWritable(this.#unit, `${what}('${key}')`)
    return model
  }
}

/** A handle that cannot change anything: for streams, sockets and pages that only look. */
export type ReadonlySession<S extends SessionSchema, F extends SessionSchema | NoFlash = NoFlash> = Pick<
  Session<S, F>,
  'id' | 'ref' | 'isNew' | 'createdAt' | 'age' | 'expiresAt' | 'data' | 'get' | 'has'
> & {
  /** What waits: it can be looked at, not taken. */
  readonly flash: Pick<Flash<F>, 'has' | 'peek'>
}
