import SuperJSON from 'superjson'
import { fromBase64, memoryOf } from '../core/bytes.js'
import { builtInChecks, errorPrototypes, fromError, toError, typedArrays, visitMap, visitSet } from './builtins.js'
import type { Codec } from './port.js'
import { Refusal } from './refusal.js'
import { checkPayload } from './superjson-guard.js'
import { isTypeName, type TypeLookup, typeNamed } from './type-lookup.js'
import { createWalk, type Visit } from './walk.js'

/**
 * superjson: JSON with a list of what its strings stand for, readable in a database console. Carries what `cbor()` carries,
 * but refuses the keys `constructor` and `prototype`, because superjson does, and instances of the classes in `types`. What superjson itself loses or cannot read
 * back (a NaN in a Float64Array, invalid dates, Error classes, BigInt arrays) travels in a form of our own in its payload.
 * Needs the optional dependency `superjson`.
 */
export function superjson(): Codec {
  return { name: 'superjson', bind: ({ types }) => bind(types) }
}

function bind(types: TypeLookup | undefined) {
  // An instance of its own: types registered on the shared one would change what our records mean.
  const instance = new SuperJSON()
  instance.registerCustom<Carried, never>(
    {
      isApplicable: (value): value is Carried => value instanceof Carried,
      serialize: (carried) => carried.plain as never,
      // superjson's type says that what goes in comes out; ours goes in wrapped.
      deserialize: (plain) => restore(plain, read, types) as Carried,
    },
    CUSTOM,
  )

  function write(value: unknown): unknown {
    const payload = instance.serialize(value)
    // Read back, an object met twice would be one object and, in a Set, in another place. It is written in full anyway.
    if (payload.meta) delete payload.meta.referentialEqualities
    return payload
  }

  function read(payload: unknown): unknown {
    checkPayload(payload, CUSTOM)
    return instance.deserialize(payload as never, { inPlace: true })
  }

  const carry = new Map(carriers)
  for (const prototype of errorPrototypes) {
    carry.set(prototype, (error: Error, visit: Visit) => {
      const [name, message, ...cause] = fromError(error, visit)
      return new Carried(['error', name, message, ...cause.map(write)])
    })
  }
  const registered = (name: string, plain: unknown) => new Carried(['type', name, write(plain)])
  const walk = createWalk({ codec: 'superjson', refusedKeys, primitive, carry, types, registered })
  // What superjson makes of hostile annotations (a sparse array, an own `__proto__`), and what it would not write, is found
  // by walking the result.
  const verify = createWalk({
    codec: 'superjson',
    refusedKeys,
    primitive: (value) => value,
    carry: builtInChecks,
    types: types && seenAsPlain(types),
    registered: () => undefined,
  })

  return {
    encode: (value: unknown) => encoder.encode(JSON.stringify(write(walk(value)))),
    decode(bytes: Uint8Array): unknown {
      const value = read(JSON.parse(decoder.decode(bytes)))
      verify(value)
      return value
    },
  }
}

const CUSTOM = 'z'
const refusedKeys = new Set(['constructor', 'prototype'])
/** Longest BigInt, in hexadecimal digits: the same 8 KiB as in `cbor()`. */
const MAX_BIGINT_DIGITS = 16_384

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A value in our own plain form. superjson sees the class and writes `plain` as it is. */
class Carried {
  constructor(readonly plain: readonly unknown[]) {}
}

function primitive(value: undefined | bigint | number): unknown {
  if (typeof value !== 'bigint') return value
  const digits = value.toString(16)
  if (digits.length - (value < 0n ? 1 : 0) > MAX_BIGINT_DIGITS)
    throw new Refusal('a BigInt over 8192 bytes', 'store it as a string')
  return new Carried(['bigint', digits])
}

const carriers: [object, (value: never, visit: Visit) => unknown][] = [
  [Map.prototype, (map: Map<unknown, unknown>, visit) => visitMap(map, visit)],
  [Set.prototype, (set: Set<unknown>, visit) => new Set(visitSet(set, visit) ?? set)],
  [RegExp.prototype, (pattern: RegExp) => pattern.source && pattern],
  [URL.prototype, (url: URL) => url.href && url],
  [Date.prototype, (date: Date) => (Number.isNaN(Date.prototype.getTime.call(date)) ? new Carried(['date']) : date)],
  ...typedArrays.map((type): [object, (value: never) => unknown] => [
    type.prototype,
    (array: InstanceType<typeof type>) => new Carried([type.name, memoryOf(array).toString('base64')]),
  ]),
]

/** What a decode of the app gave is its own matter: the registry has checked its class. */
function seenAsPlain(types: TypeLookup): TypeLookup {
  const leaf = (type: ReturnType<TypeLookup['of']>) => type && { ...type, encode: () => null }
  return { of: (value) => leaf(types.of(value)), named: (name) => leaf(types.named(name)) }
}

function restore(plain: unknown, read: (payload: unknown) => unknown, types: TypeLookup | undefined): unknown {
  if (!Array.isArray(plain)) throw new TypeError('a superjson record with an unknown value')
  const [kind, text, message, ...cause] = plain as unknown[]
  if (kind === 'date' && plain.length === 1) return new Date(Number.NaN)
  if (typeof text !== 'string') throw new TypeError('a superjson record with an unknown value')
  if (kind === 'error') return toError([text, message, ...cause.map(read)])
  if (kind === 'type') {
    if (plain.length !== 3 || !isTypeName(text)) throw new TypeError('a superjson record with an unknown value')
    return typeNamed(types, text).decode(read(message))
  }
  if (plain.length !== 2) throw new TypeError('a superjson record with an unknown value')
  if (kind === 'bigint') return toBigInt(text)
  const type = typedArrays.find((candidate) => candidate.name === kind)
  if (type === undefined) throw new TypeError('a superjson record with an unknown value')
  return new type(fromBase64(text).buffer)
}

function toBigInt(digits: string): bigint {
  const magnitude = digits.startsWith('-') ? digits.slice(1) : digits
  if (magnitude.length > MAX_BIGINT_DIGITS || !/^[0-9a-f]+$/.test(magnitude)) throw new TypeError('not a BigInt')
  const value = BigInt(`0x${magnitude}`)
  return digits === magnitude ? value : -value
}
