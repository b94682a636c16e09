import { Encoder, Tag } from 'cbor-x'
import { errorPrototypes, fromError, typedArrays, visitMap, visitSet } from './builtins.js'
import { writePlain } from './cbor-fast.js'
import { readCbor } from './cbor-read.js'
import { MAX_BIGINT_BYTES, MAX_FLOAT_DATE, TAG } from './cbor-tags.js'
import { describeValue } from './describe.js'
import type { Codec } from './port.js'
import { createWalk, Refusal, type Visit } from './walk.js'

/**
 * The default codec: CBOR (RFC 8949), the smallest and fastest here. Carries JSON's values and undefined, NaN, the
 * infinities, -0, BigInt (up to 8 KiB), Date, Map, Set, RegExp, URL, typed arrays and the built-in Error classes, each
 * back as exactly what it was, except an Error's stack, a RegExp's lastIndex, and that an object met twice comes back as
 * two equal ones. Refuses everything else with its path.
 */
export function cbor(): Codec {
  return {
    name: 'cbor',
    bind: () => {
      // Never shared structures: a record written with one table and read with another gives wrong data without an error.
      // Variable map sizes: the fixed ones wrap at 65,536 keys.
      const encoder = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false })
      const walk = createWalk({ codec: 'cbor', wellFormed: true, primitive, carry })
      return {
        // cbor-x returns a slice of a pool that it goes on writing to, so that one is copied.
        encode: (value) => writePlain(value) ?? new Uint8Array(encoder.encode(walk(value))),
        decode: readCbor,
      }
    },
  }
}

function primitive(value: undefined | bigint | number): unknown {
  if (typeof value === 'number') return value === 0 ? new Tag(0, TAG.negativeZero) : value
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) === value) return value
  return bigIntTag(value)
}

/** Written here rather than by cbor-x, whose loop takes time that grows with the square of the length. */
function bigIntTag(value: bigint): Tag {
  const magnitude = value < 0n ? -1n - value : value
  const hex = magnitude.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  if (bytes.length > MAX_BIGINT_BYTES)
    throw new Refusal(`a BigInt over ${MAX_BIGINT_BYTES} bytes`, 'store it as a string')
  return new Tag(bytes, value < 0n ? TAG.negativeBigInt : TAG.positiveBigInt)
}

function carryDate(date: Date): unknown {
  const time = Date.prototype.getTime.call(date)
  return Math.abs(time) <= MAX_FLOAT_DATE ? date : new Tag(time, TAG.exactDate)
}

function carryMap(map: Map<unknown, unknown>, visit: Visit): unknown {
  return visitMap(map, visit)
}

function carrySet(set: Set<unknown>, visit: Visit): unknown {
  const items = visitSet(set, visit)
  return items === undefined ? set : new Tag(items, TAG.set)
}

function carryRegExp(pattern: RegExp, visit: Visit): unknown {
  visit(pattern.source, 'source')
  return pattern
}

function carryTypedArray(array: ArrayBufferView): unknown {
  if (!ArrayBuffer.isView(array)) throw new Refusal(...describeValue(array))
  return array
}

const carry = new Map<object, (value: never, visit: Visit) => unknown>([
  [Date.prototype, carryDate],
  [Map.prototype, carryMap],
  [Set.prototype, carrySet],
  [RegExp.prototype, carryRegExp],
  [URL.prototype, (url: URL) => new Tag(url.href, TAG.url)],
])
for (const type of typedArrays) carry.set(type.prototype, carryTypedArray)
for (const prototype of errorPrototypes) {
  carry.set(prototype, (error: Error, visit: Visit) => new Tag(fromError(error, visit), TAG.error))
}
