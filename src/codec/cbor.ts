import { builtInCarriers } from './binary/carriers.js'
import { positionsOf } from './binary/positions.js'
import { decodeBinary } from './binary/reader.js'
import type { BinaryRules } from './binary/rules.js'
import { encodeBinary } from './binary/writer.js'
import type { Codec } from './port.js'

/**
 * The default codec: CBOR (RFC 8949), the smallest and fastest here. Carries JSON's values and undefined, NaN, the
 * infinities, -0, BigInt (up to 8 KiB), Date, Map, Set, RegExp, URL, typed arrays and the built-in Error classes, each
 * back as exactly what it was, except an Error's stack, a RegExp's lastIndex, and that an object met twice comes back as
 * two equal ones. Refuses everything else that is not registered in `types`, with its path. Key names that the schema knows
 * are stored as 16-bit hashes.
 * @throws SessionConfigError in `bind`, when two keys of one object have the same hash
 */
export function cbor(): Codec {
  return {
    name: 'cbor',
    bind({ shape, types }) {
      const rules: BinaryRules = { carriers: builtInCarriers, builtIns: true, types, position: positionsOf(shape) }
      return {
        encode: (value, known) => encodeBinary(value, rules, 'cbor', known),
        decode: (bytes) => decodeBinary(bytes, rules),
      }
    },
  }
}
