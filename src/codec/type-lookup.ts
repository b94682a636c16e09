import { MisdeployError } from '../core/errors.js'
import type { RegisteredType, TypeRegistry } from '../core/type-registry.js'

/** The part of a registry that codecs use. */
export type TypeLookup = Pick<TypeRegistry, 'of' | 'named'>

/** The type of a stored name. @throws MisdeployError when it is not registered here */
export function typeNamed(types: TypeLookup | undefined, name: string): RegisteredType {
  const type = types?.named(name)
  if (type === undefined) throw unknownType(name)
  return type
}

/** The record is fine, this release lacks a registration: never a reset. */
export function unknownType(name: string): MisdeployError {
  return new MisdeployError(
    `A record holds a value of the type \`${name}\`, which this app has not registered. Add it to the registry given as \`types\`.`,
  )
}

/** Whether a text could be the name of a registered type. Anything else in its place is damage. */
export function isTypeName(text: unknown): text is string {
  return typeof text === 'string' && /^[\x21-\x7e]{1,64}$/.test(text)
}
