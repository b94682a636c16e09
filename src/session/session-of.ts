import type { DeepReadonly, NoFlash, SessionSchema } from '../schema/types.js'
import type { SessionManager } from './manager.js'
import type { ReadonlySession, Session } from './session.js'

/** A definition, whatever its schema. */
interface AnyDefinition {
  readonly schema: SessionSchema
  readonly manager: object
}

interface DefinitionOf<S extends SessionSchema, F extends SessionSchema | NoFlash> {
  readonly schema: S
  readonly manager: SessionManager<S, F>
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
  readonly get: Every<{ [K in Key<Data>]: (key: K) => Value<Data, K> | undefined }>
  readonly has: (key: Key<Data>) => boolean
  readonly set: Every<{ [K in Key<Data>]: (key: K, value: Value<Data, K>) => void }>
  readonly assign: (values: { readonly [K in Key<Data>]?: Value<Data, K> }) => void
  readonly update: Every<{
    [K in Key<Data>]: (key: K, compute: (current: Value<Data, K> | undefined) => Value<Data, K>) => void
  }>
  readonly pull: Every<{ [K in Key<Data>]: (key: K) => Value<Data, K> | undefined }>
  readonly delete: (key: Key<Data>) => boolean
  readonly regenerate: (options?: { readonly keep?: readonly Key<Data>[] }) => Promise<void>
  readonly flash: FlashWith<Channels>
}

/** The flash of any session that has these channels. */
export interface FlashWith<Channels extends object> {
  readonly set: Every<{ [K in Key<Channels>]: (key: K, value: Value<Channels, K>) => void }>
  readonly has: (key: Key<Channels>) => boolean
  readonly peek: Every<{ [K in Key<Channels>]: (key: K) => Value<Channels, K> | undefined }>
  readonly take: Every<{ [K in Key<Channels>]: (key: K) => Promise<Value<Channels, K> | undefined> }>
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
