import { fromBase64, memoryOf } from '../core/bytes.js'
import type { TypeRegistry } from '../core/type-registry.js'
import { errorTypes, fromError, type PlainError, toError, typedArrays } from './builtins.js'
import { registerTemporal } from './temporal-types.js'

/** Options of `registerBuiltins`. */
export interface RegisterBuiltinsOptions {
  /** Which ones, by name. @default all that this runtime has */
  readonly only?: readonly string[]
  /** Where the Temporal classes are. @default globalThis.Temporal, and none where it is missing (Node before 26) */
  readonly temporal?: object | undefined
}

/**
 * Registers the classes of JavaScript and Node that `registry()` and `json()` do not carry by themselves, in forms that both
 * take: Date, Map, Set, RegExp, URL, Buffer, ArrayBuffer, the typed arrays, the Error classes and Temporal. `cbor()` and
 * `superjson()` carry most of these better on their own; a registration would win over that.
 *
 * ```ts
 * const types = registerBuiltins(typeRegistry(), { only: ['Date', 'Map'] })
 * ```
 *
 * @throws SessionConfigError when a name or class is registered already
 */
export function registerBuiltins(types: TypeRegistry, options: RegisterBuiltinsOptions = {}): TypeRegistry {
  const { only, temporal = (globalThis as { Temporal?: object }).Temporal } = options
  const add: TypeRegistry['register'] = (name, type, form) =>
    only === undefined || only.includes(name)
      ? types.register(name, type, { ...form, encode: (value) => form.encode(withoutProperties(value)) })
      : types

  add('Date', Date, {
    encode: (date) => {
      const time = Date.prototype.getTime.call(date)
      return Number.isNaN(time) ? null : time
    },
    decode: (time) => new Date(time === null ? Number.NaN : numberOf(time)),
  })
  add('Map', Map<unknown, unknown>, {
    encode: (map) => [...(Map.prototype.entries.call(map) as MapIterator<[unknown, unknown]>)],
    decode: (entries) => new Map(arrayOf(entries).map((entry) => pairOf(entry))),
  })
  add('Set', Set<unknown>, {
    encode: (set) => [...(Set.prototype.values.call(set) as SetIterator<unknown>)],
    decode: (items) => new Set(arrayOf(items)),
  })
  add('RegExp', RegExp, {
    encode: ({ source, flags }) => [source, flags],
    decode: (plain) => {
      const [source, flags] = pairOf(plain)
      return new RegExp(textOf(source), textOf(flags))
    },
  })
  add('URL', URL, { encode: (url) => url.href, decode: (href) => new URL(textOf(href)) })
  for (const type of errorTypes) {
    add(type.name, type, {
      encode: (error): PlainError => fromError(error, (child) => child),
      decode: (plain) => toError(plain),
    })
  }
  registerBytes(add)
  if (temporal !== undefined) registerTemporal(add, temporal)
  return types
}

/** As base64: text, because `json()` carries no bytes. */
function registerBytes(add: TypeRegistry['register']): void {
  for (const type of typedArrays) {
    add<InstanceType<typeof type>, string>(type.name, type, {
      encode: (array) => base64Of(array),
      decode: (text) => new type(bytesOf(text).buffer),
    })
  }
  add('Buffer', Buffer, { encode: base64Of, decode: (text) => Buffer.from(bytesOf(text).buffer) })
  add('ArrayBuffer', ArrayBuffer, {
    encode: (buffer) => base64Of(new Uint8Array(buffer)),
    decode: (text) => bytesOf(text).buffer,
  })
}

/** They would be lost, so the value is refused. Typed arrays list every element here, so they are left out. */
function withoutProperties<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return value
  if (Object.keys(value as object).length + Object.getOwnPropertySymbols(value as object).length === 0) return value
  throw new TypeError('A built-in object with properties of its own: store them beside it.')
}

function base64Of(array: ArrayBufferView): string {
  if (!ArrayBuffer.isView(array)) throw new TypeError('not a typed array')
  return memoryOf(array).toString('base64')
}

function bytesOf(text: unknown): Uint8Array<ArrayBuffer> {
  return fromBase64(textOf(text))
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a stored built-in that is not text')
  return value
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('a stored built-in that is not a number')
  return value
}

function arrayOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('a stored built-in that is not an array')
  return value as unknown[]
}

function pairOf(value: unknown): [unknown, unknown] {
  const pair = arrayOf(value)
  if (pair.length !== 2) throw new TypeError('a stored built-in that is not a pair')
  return pair as [unknown, unknown]
}
