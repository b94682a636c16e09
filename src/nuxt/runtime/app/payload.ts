import { types } from '#zession/types'

/** The app's own classes, by the name under which they were registered, as Nuxt's payload and what pages ask for carry them. */
export const TYPE = 'zession'

/** Undefined for what the payload carries by itself. */
export function reduce(value: unknown): readonly [name: string, plain: unknown] | undefined {
  const type = types && typeof value === 'object' && value !== null ? types.of(value) : undefined
  return type && [type.name, type.encode(value)]
}

/** @throws Error for a class that this page does not know: it is older than the server */
export function revive([name, plain]: readonly [name: string, plain: unknown]): unknown {
  const type = types?.named(name)
  if (!type) throw new Error(`This page does not know the type ${name}. Load it again.`)
  return type.decode(plain)
}
