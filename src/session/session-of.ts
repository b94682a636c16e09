import type { DeepReadonly, NoFlash, SessionSchema } from '../schema/types.js'
import type { ReadonlySession, Session } from './handle/session.js'
import type { SessionOpener } from './opener.js'

/** A definition, whatever its schema. */
interface AnyDefinition {
  /** Its schema. */
  readonly schema: SessionSchema
  /** What HTTP edges use. */
  readonly opener: object
}

/** What its schemas are read from. */
interface DefinitionOf<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  /** Its schema. */
  readonly schema: S
  /** What HTTP edges use. */
  readonly opener: SessionOpener<S, F>
}

/**
 * The session that `useSession` gives for a definition: the type of a helper's parameter.
 *
 * ```ts
 * export type AppSession = SessionOf<typeof appSession>
 *
 * function logIn(session: AppSession, userId: number) {
 *   session.set('userId', userId)
 * }
 * ```
 */
export type SessionOf<D extends AnyDefinition> =
  D extends DefinitionOf<infer S extends SessionSchema, infer F extends SessionSchema | NoFlash> ? Session<S, F> : never

/** The session that `useReadonlySession` gives for a definition. */
export type ReadonlySessionOf<D extends AnyDefinition> =
  D extends DefinitionOf<infer S extends SessionSchema, infer F extends SessionSchema | NoFlash>
    ? ReadonlySession<S, F>
    : never

/**
 * Any session that has these keys, and these flash channels, whatever else its definition has: for helpers that several
 * definitions share. A session whose schema takes other values for one of the keys does not fit.
 *
 * ```ts
 * async function logIn(session: SessionWith<{ userId: number }>, userId: number) {
 *   await session.regenerate()
 *   session.set('userId', userId)
 * }
 * ```
 */
export interface SessionWith<Data extends object, Channels extends object = object>
  extends Pick<
    Session<SessionSchema>,
    | 'id'
    | 'ref'
    | 'isNew'
    | 'changed'
    | 'createdAt'
    | 'age'
    | 'expiresAt'
    | 'clear'
    | 'save'
    | 'touch'
    | 'rotate'
    | 'destroy'
    | 'remember'
    | 'setCookieOptions'
    | 'setExpiry'
  > {
  /** The value of a key, its default, or undefined. Values cannot be changed in place. */
  readonly get: Every<{ [K in Key<Data>]: (key: K) => Value<Data, K> | undefined }>
  /** Whether a value is stored; a default does not count. */
  readonly has: (key: Key<Data>) => boolean
  /** Sets a value. @throws SessionValidationError */
  readonly set: Every<{ [K in Key<Data>]: (key: K, value: Value<Data, K>) => void }>
  /** `set` for several keys at once, all or none. @throws SessionValidationError */
  readonly assign: (values: { readonly [K in Key<Data>]?: Value<Data, K> }) => void
  /** Computes a value from the current one, again when another request was first. @throws SessionValidationError */
  readonly update: Every<{
    [K in Key<Data>]: (key: K, compute: (current: Value<Data, K> | undefined) => Value<Data, K>) => void
  }>
  /** Returns the value of a key and removes it. */
  readonly pull: Every<{ [K in Key<Data>]: (key: K) => Value<Data, K> | undefined }>
  /** Removes a value. True when there was one. */
  readonly delete: (key: Key<Data>) => boolean
  /** Gives the session a new id, for a login. @throws SessionGoneError, StoreError */
  readonly regenerate: (options?: {
    /** The keys that stay; the others are removed. @default all of them */
    readonly keep?: readonly Key<Data>[]
  }) => Promise<void>
  /** Its flash channels. */
  readonly flash: FlashWith<Channels>
}

/** The flash of any session that has these channels. */
export interface FlashWith<Channels extends object> {
  /** Queues a value for the next response that shows it. @throws SessionValidationError */
  readonly set: Every<{ [K in Key<Channels>]: (key: K, value: Value<Channels, K>) => void }>
  /** Whether a value waits. */
  readonly has: (key: Key<Channels>) => boolean
  /** The waiting value, which keeps waiting. */
  readonly peek: Every<{ [K in Key<Channels>]: (key: K) => Value<Channels, K> | undefined }>
  /** Returns the waiting value and removes it: one of any number of parallel requests gets it. @throws StoreError */
  readonly take: Every<{ [K in Key<Channels>]: (key: K) => Promise<Value<Channels, K> | undefined> }>
  /** Queues a value that `take` returned in this request once more. */
  readonly keep: (key: Key<Channels>) => void
}

type Key<T> = keyof T & string
type Value<T, K extends keyof T> = DeepReadonly<Exclude<T[K], undefined>>

/** All functions of a record as one with an overload for each: a generic function of a session fits each overload. */
type Every<Functions extends object> = [keyof Functions] extends [never]
  ? unknown
  : (
        Functions[keyof Functions] extends infer Each
          ? Each extends unknown
            ? (each: Each) => void
            : never
          : never
      ) extends (all: infer All) => void
    ? All
    : never
