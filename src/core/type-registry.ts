import { SessionConfigError } from './errors.js'
import { checkValue } from './options/check.js'
import { made, type Rule } from './options/rule.js'
import { isAsyncFunction } from './shape.js'

/** A class whose instances have a prototype to be known by; abstract ones and those with private constructors too. */
type Class<T> =
  | (abstract new (
      ...args: never[]
    ) => T)
  | {
      /** What instances are known by. */
      readonly prototype: T
    }

/** How instances of one class become plain values and back. */
export interface TypeForm<T, P> {
  /** The instance as anything a codec carries; may hold other registered values. */
  encode(value: T): P
  /** A new instance. It should check what it is given: stored bytes may be damaged. */
  decode(plain: P): T
}

/** What codecs and copies need to know of a registered class. */
export interface RegisteredType {
  /** The name that is stored with each instance. */
  readonly name: string
  /** The plain form of an instance. */
  encode(value: unknown): unknown
  /** A new instance of a plain form. @throws TypeError when `decode` of the app gives something that is not exactly of the class */
  decode(plain: unknown): object
}

/**
 * The classes of one app that its sessions may hold, by a name that is stored with each value. Not global: two registries
 * know nothing of each other.
 */
export interface TypeRegistry {
  /**
   * Adds a class, and returns the same registry.
   * @param name stored with every instance, so it may never change: 1 to 64 printable characters
   * @param type an instance is of the class itself; a subclass needs a registration of its own
   * @throws SessionConfigError when the name or the class is taken, or the class is a plain Object or Array
   */
  register<T, P>(name: string, type: Class<T>, form: TypeForm<T, P>): TypeRegistry
  /** The registration for exactly the class of a value. */
  of(value: object): RegisteredType | undefined
  /** The registration of that name. */
  named(name: string): RegisteredType | undefined
}

/**
 * Makes an empty registry. Give it to `defineSession` as `types`; every codec honours it.
 *
 * ```ts
 * const types = typeRegistry().register('Money', Money, {
 *   encode: (money) => [money.cents, money.currency] as const,
 *   decode: ([cents, currency]) => new Money(cents, currency),
 * })
 * ```
 */
export function typeRegistry(): TypeRegistry {
  const byName = new Map<string, RegisteredType>()
  const byPrototype = new Map<object, RegisteredType>()
  const registry: TypeRegistry = {
    register(name, type, form) {
      const prototype = checkClass(name, type)
      checkValue(`The form of \`${name}\` in types.register()`, formRule, form)
      if (byName.has(name)) throw new SessionConfigError(`types.register: the name ${JSON.stringify(name)} is taken.`)
      const known = byPrototype.get(prototype)
      if (known) throw new SessionConfigError(`types.register: that class is registered already, as \`${known.name}\`.`)
      const registered: RegisteredType = {
        name,
        encode: (value) => form.encode(value as never),
        decode(plain) {
          const value: unknown = form.decode(plain as never)
          if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== prototype) {
            throw new TypeError(`The decode of type \`${name}\` gave something that is not exactly of its class.`)
          }
          return value
        },
      }
      byName.set(name, registered)
      byPrototype.set(prototype, registered)
      return registry
    },
    of: (value) => byPrototype.get(Object.getPrototypeOf(value) as object),
    named: (name) => byName.get(name),
  }
  return registry
}

// Known by what it can do: a form may be an instance of a class, with members of its own.
const formRule: Rule<object> = made(
  'an object `{ encode, decode }` of functions that are not async',
  ['encode', 'decode'],
  (form: { readonly encode: unknown; readonly decode: unknown }) =>
    !isAsyncFunction(form.encode) && !isAsyncFunction(form.decode),
)

function checkClass(name: unknown, type: unknown): object {
  if (typeof name !== 'string' || !/^[\x21-\x7e]{1,64}$/.test(name)) {
    throw new SessionConfigError('types.register: a name is 1 to 64 printable ASCII characters without spaces.')
  }
  const prototype: unknown = typeof type === 'function' ? (type.prototype as unknown) : undefined
  if (typeof prototype !== 'object' || prototype === null) {
    throw new SessionConfigError(
      `types.register: \`${name}\` came without a class. Call register(name, Class, { encode, decode }).`,
    )
  }
  if (prototype === Object.prototype || prototype === Array.prototype) {
    throw new SessionConfigError(
      `types.register: \`${name}\` is for plain objects or arrays, which need no registration.`,
    )
  }
  return prototype
}
