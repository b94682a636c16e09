import type { TypeRegistry } from '../core/type-registry.js'
import { writeUint8Array } from './binary/carriers.js'
import { decodeBinary } from './binary/reader.js'
import type { BinaryRules, Carrier } from './binary/rules.js'
import { encodeBinary } from './binary/writer.js'
import type { Codec } from './port.js'
import type { TypeLookup } from './type-lookup.js'

export type { RegisterBuiltinsOptions } from './builtin-types.js'
export { registerBuiltins } from './builtin-types.js'

/**
 * A codec in the manner of Go's gob: plain values (null, undefined, booleans, numbers, strings, BigInt up to 8 KiB,
 * Uint8Array, arrays, plain objects) are carried as they are, and of everything else only what is registered by name. A Date
 * too: see `registerBuiltins`. CBOR on the outside, with key names as text.
 * @param types the app's types, looked up before those of the definition. @default the definition's `types` alone
 */
export function registry(types?: TypeRegistry): Codec {
  return {
    name: 'registry',
    bind(context) {
      const known = types === undefined ? context.types : context.types ? both(types, context.types) : types
      const rules: BinaryRules = { carriers, builtIns: false, types: known, position: undefined }
      return {
        encode: (value, known) => encodeBinary(value, rules, 'registry', known),
        decode: (bytes) => decodeBinary(bytes, rules),
      }
    },
  }
}

const carriers: ReadonlyMap<object, Carrier> = new Map([[Uint8Array.prototype, writeUint8Array]])

/** Both registries, the first one first. */
function both(first: TypeRegistry, second: TypeRegistry): TypeLookup {
  return {
    of: (value) => first.of(value) ?? second.of(value),
    named: (name) => first.named(name) ?? second.named(name),
  }
}
