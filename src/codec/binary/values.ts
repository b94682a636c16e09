import { toError } from '../builtins.js'
import { MAX_BIGINT_BYTES, TAG, typedArrayTags } from './tags.js'

/** Also thrown for a known tag around the wrong kind of value. */
export function unexpectedTag(tag: number): Error {
  return new Error(`CBOR with an unknown tag, or one around the wrong kind of value (${tag})`)
}

/** The instance of a built-in class that a tag stands for, given what it is around. Throws on any other tag. */
export function toBuiltIn(tag: number, value: unknown): unknown {
  switch (tag) {
    case TAG.date:
      if (typeof value === 'number') return new Date(Math.round(value * 1000))
      break
    case TAG.exactDate:
      if (typeof value === 'number') return new Date(value)
      break
    case TAG.set:
      if (Array.isArray(value)) return new Set<unknown>(value)
      break
    case TAG.url:
      if (typeof value === 'string') return new URL(value)
      break
    case TAG.error:
      return toError(value)
    case TAG.object:
      return toRegExp(value)
    default:
      if (value instanceof Uint8Array) return toTypedArray(tag, value)
  }
  throw unexpectedTag(tag)
}

/** The BigInt of CBOR's tags 2 and 3. Throws above `MAX_BIGINT_BYTES`. */
export function toBigInt(magnitude: Uint8Array, negative: boolean): bigint {
  if (magnitude.length > MAX_BIGINT_BYTES) throw new Error('CBOR with a BigInt that is too long')
  const value = magnitude.length === 0 ? 0n : BigInt(`0x${Buffer.from(magnitude.buffer).toString('hex')}`)
  return negative ? -1n - value : value
}

/** The RegExp in `['RegExp', source, flags]`. Throws on anything else, and on a pattern that is not valid. */
function toRegExp(value: unknown): RegExp {
  if (!Array.isArray(value) || value.length !== 3 || value[0] !== 'RegExp')
    throw new Error('CBOR with an unknown object')
  const [, source, flags] = value as unknown[]
  if (typeof source !== 'string' || typeof flags !== 'string') throw new Error('CBOR with an unknown object')
  return new RegExp(source, flags)
}

/** The order of the bytes in this machine's typed arrays. */
export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** The typed array of an RFC 8746 tag over `data`, which it keeps. Throws on an unknown tag. */
function toTypedArray(tag: number, data: Uint8Array): ArrayBufferView {
  for (const [littleTag, type] of typedArrayTags) {
    const size = type.BYTES_PER_ELEMENT
    const big = size > 1 && tag === littleTag - 4
    if (tag !== littleTag && !big) continue
    if (data.length % size !== 0) throw new Error('CBOR that is cut short')
    if (size > 1 && big === littleEndian)
      for (let i = 0; i < data.length; i += size) data.subarray(i, i + size).reverse()
    return new type(data.buffer as ArrayBuffer)
  }
  throw new Error(`CBOR with an unknown tag (${tag})`)
}
