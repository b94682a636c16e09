import type { RegisteredType, TypeForm, TypeRegistry } from './core/type-registry.js'

/** What browsers get of `zession/types`: the same registry, without the checks that the server has made already. */
export function typeRegistry(): TypeRegistry {
  const byName = new Map<string, RegisteredType>()
  const byPrototype = new Map<unknown, RegisteredType>()
  const registry: TypeRegistry = {
    register(name, type, form) {
      const registered: RegisteredType = {
        name,
        encode: (value) => form.encode(value as never),
        decode: (plain) => form.decode(plain as never) as object,
      }
      byName.set(name, registered)
      byPrototype.set(type.prototype, registered)
      return registry
    },
    of: (value) => byPrototype.get(Object.getPrototypeOf(value)),
    named: (name) => byName.get(name),
  }
  return registry
}

export type { RegisteredType, TypeForm, TypeRegistry }
