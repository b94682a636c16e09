import { checkValue } from '../core/options/check.js'
import { fn, made } from '../core/options/rule.js'
import type { SessionData, SessionKey, SessionSchema, Settable } from './types.js'

/**
 * What a migration gives: any of the target's keys. A key that both schemas have keeps its value when the result does not
 * mention it, and becomes absent when the result says undefined.
 */
export type MigrationResult<To extends SessionSchema> = {
  readonly [K in SessionKey<To>]?: Settable<To, K> | undefined
}

/** One step from a schema version to the next. Made by `migration`. */
export interface Migration<From extends SessionSchema, To extends SessionSchema> {
  /** The older schema. */
  readonly from: From
  /** The schema of the next version. */
  readonly to: To
  /** What the older data becomes. */
  readonly up: (old: SessionData<From>) => MigrationResult<To>
}

/** A migration between any two schemas. */
export interface AnyMigration {
  /** The older schema. */
  readonly from: SessionSchema
  /** The schema of the next version. */
  readonly to: SessionSchema
  /** What the older data becomes. */
  readonly up: (old: never) => object
}

const schemaRule = made<SessionSchema>('a zod object, `z.object({ ... })`', [], (value) => '_zod' in value)
/** Sessions are read synchronously. */
const upRule = fn<(old: never) => object>('a function of the old data, which is not async')

/**
 * The step from one version of a session's schema to the next.
 *
 * ```ts
 * const v1 = z.object({ uid: z.string() })
 * const v2 = z.object({ userId: z.number().int() })
 * migration(v1, v2, (old) => ({ userId: old.uid === undefined ? undefined : Number(old.uid) }))
 * ```
 *
 * @param from the older schema, the very object that was in use
 * @param to the schema of the next version
 * @param up synchronous, and a function of `old` alone: it runs on every read until the session is next written. `old` is
 * frozen and partial, as all session data: keys with a default are there, any other may be absent.
 */
export function migration<
  const From extends SessionSchema,
  const To extends SessionSchema,
  const R extends MigrationResult<To> & OnlyKeysOf<R, To>,
>(from: From, to: To, up: (old: SessionData<From>) => R): Migration<From, To> {
  checkValue('`from` of migration(from, to, up)', schemaRule, from)
  checkValue('`to` of migration(from, to, up)', schemaRule, to)
  checkValue('`up` of migration(from, to, up)', upRule, up)
  return Object.freeze({ from, to, up })
}

/** TypeScript lets a function return more keys than its type has, or a promise; both would be refused only at run time. */
type OnlyKeysOf<R, To extends SessionSchema> = {
  readonly [K in keyof R]: K extends SessionKey<To> ? unknown : 'the next schema has no such key'
} & {
  /** A promise is no result: sessions are read synchronously. */
  readonly then?: 'then' extends SessionKey<To> ? unknown : never
}

/**
 * `M` itself where its links fit: each migration starts from the schema that the one before leads to, and the last leads
 * to `S`. At the first link that does not fit stands the reason instead.
 */
export type MigrationChain<M extends readonly AnyMigration[], S extends SessionSchema> = M & Links<M, S>

type Links<M extends readonly AnyMigration[], S extends SessionSchema> = number extends M['length']
  ? 'write `migrations` as an array literal, or `as const`, so that its order can be checked'
  : LinksOf<M, S>

type LinksOf<
  M extends readonly AnyMigration[],
  S extends SessionSchema,
  Done extends readonly unknown[] = [],
> = M extends readonly [infer First extends AnyMigration, ...infer Rest extends readonly AnyMigration[]]
  ? LinksOf<Rest, S, readonly [...Done, Fits<First, Rest, S>]>
  : Done

type Fits<
  Here extends AnyMigration,
  Rest extends readonly AnyMigration[],
  S extends SessionSchema,
> = Rest extends readonly [infer Next extends AnyMigration, ...(readonly AnyMigration[])]
  ? Same<Here['to'], Next['from']> extends true
    ? Here
    : 'this migration does not lead to the schema that the next one starts from'
  : Same<Here['to'], S> extends true
    ? Here
    : 'the last migration does not lead to the schema of the session'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
