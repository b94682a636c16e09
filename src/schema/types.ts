import type * as z from 'zod/v4/core'

/** Any zod object: of `zod`, of `zod/mini`, or of a library built on zod's core. */
export type SessionSchema = z.$ZodObject

/** A definition without flash channels. */
export type NoFlash = undefined

type Output<S extends SessionSchema> = z.output<S>
type Input<S extends SessionSchema> = z.input<S>

/** The keys that `get` and `set` know. */
export type SessionKey<S extends SessionSchema> = KeysOf<S>['all']

/** Looked up in an interface, so that an error message lists the keys instead of the schema they are from. */
export interface KeysOf<S extends SessionSchema> {
  /** The names of the keys. */
  readonly all: keyof Output<S> & string
}

/** A key has a default when it may be left out of the input and is never undefined in the output. */
type HasDefault<S extends SessionSchema, K extends SessionKey<S>> = K extends keyof Input<S>
  ? unknown extends Input<S>[K]
    ? IsDefaulted<S['_zod']['def']['shape'][K]>
    : undefined extends Input<S>[K]
      ? undefined extends Output<S>[K]
        ? false
        : true
      : false
  : false

/** An input of any kind, as that of `z.coerce`, says nothing: the schema does. */
type IsDefaulted<T> = T extends z.$ZodDefault | z.$ZodPrefault
  ? true
  : T extends
        | z.$ZodReadonly<infer Inner>
        | z.$ZodNonOptional<infer Inner>
        | z.$ZodNullable<infer Inner>
        | z.$ZodCatch<infer Inner>
        | z.$ZodLazy<infer Inner>
    ? IsDefaulted<Inner>
    : T extends z.$ZodPipe<infer In> | z.$ZodCodec<infer In>
      ? IsDefaulted<In>
      : false

/** The keys whose schema has a default: `get` never answers undefined for them. */
export type DefaultedKey<S extends SessionSchema> = {
  [K in SessionKey<S>]: HasDefault<S, K> extends true ? K : never
}[SessionKey<S>]

/** What `set` takes for a key: also anything that `get` returned for it. */
export type Settable<S extends SessionSchema, K extends SessionKey<S>> = DeepReadonly<Output<S>[K]>

/** What `get` returns for a key. A session is a partial of its schema, so only a default rules undefined out. */
export type Gettable<S extends SessionSchema, K extends SessionKey<S>> =
  K extends DefaultedKey<S> ? DeepReadonly<Output<S>[K]> : DeepReadonly<Output<S>[K]> | undefined

/** All data of a session: keys with a default are there, every other may be absent. */
export type SessionData<S extends SessionSchema> = {
  readonly [K in SessionKey<S> as K extends DefaultedKey<S> ? K : never]: DeepReadonly<Output<S>[K]>
} & {
  readonly [K in SessionKey<S> as K extends DefaultedKey<S> ? never : K]?: DeepReadonly<Output<S>[K]>
}

/** The keys whose value `mutate` may change in place: one that is, or may be, an object. */
export type MutableKey<S extends SessionSchema> = {
  [K in SessionKey<S>]: unknown extends Output<S>[K] ? K : Extract<Output<S>[K], object> extends never ? never : K
}[SessionKey<S>]

/** A value that `mutate` may change in place; what is no object never gets there. */
export type Draft<S extends SessionSchema, K extends SessionKey<S>> = unknown extends Output<S>[K]
  ? Output<S>[K]
  : Extract<Output<S>[K], object>

/** The flash channels of a definition. */
export type FlashKey<F extends SessionSchema | NoFlash> = F extends SessionSchema ? SessionKey<F> : never

export type FlashValue<F extends SessionSchema | NoFlash, K extends FlashKey<F>> = F extends SessionSchema
  ? K extends SessionKey<F>
    ? Exclude<Settable<F, K>, undefined>
    : never
  : never

/** The channels that hold a list, so that `add` may append to them. */
export type FlashListKey<F extends SessionSchema | NoFlash> = {
  [K in FlashKey<F>]: FlashValue<F, K> extends readonly unknown[] ? K : never
}[FlashKey<F>]

export type FlashItem<F extends SessionSchema | NoFlash, K extends FlashListKey<F>> =
  FlashValue<F, K> extends readonly (infer Item)[] ? Item : never

/** All waiting flash values. */
export type FlashData<F extends SessionSchema | NoFlash> = { readonly [K in FlashKey<F>]?: FlashValue<F, K> }

type Primitive = string | number | bigint | boolean | symbol | null | undefined
type AnyFunction = (...args: never[]) => unknown

/**
 * Readonly all the way down. Primitives (branded ones too), functions and class instances pass through unchanged: an
 * object is taken for a class instance when it has a method, or a private member, which a mapped type would lose.
 */
export type DeepReadonly<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? T
    : T extends Primitive | AnyFunction
      ? T
      : T extends ReadonlyMap<infer K, infer V>
        ? ReadonlyMap<DeepReadonly<K>, DeepReadonly<V>>
        : T extends ReadonlySet<infer V>
          ? ReadonlySet<DeepReadonly<V>>
          : T extends readonly unknown[]
            ? { readonly [I in keyof T]: DeepReadonly<T[I]> }
            : IsInstance<T> extends true
              ? T
              : { readonly [K in keyof T]: DeepReadonly<T[K]> }

type IsInstance<T> = true extends { [K in keyof T]: T[K] extends AnyFunction ? true : false }[keyof T]
  ? true
  : { [K in keyof T]: T[K] } extends T
    ? false
    : true
