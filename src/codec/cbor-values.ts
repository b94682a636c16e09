import { MAX_BIGINT_BYTES, typedArrayTags } from './cbor-tags.js'

/** The BigInt of CBOR's tags 2 and 3. Throws above `MAX_BIGINT_BYTES`. */
export function toBigInt(magnitude: Uint8Array, negative: boolean): bigint {
  if (magnitude.length > MAX_BIGINT_BYTES) throw new Error('CBOR with a BigInt that is too long')
  const value = magnitude.length === 0 ? 0n : BigInt(`0x${Buffer.from(magnitude.buffer).toString('hex')}`)
  return negative ? -1n - value : value
}

/** The RegExp in what cbor-x writes for one. Throws on anything else, and on a pattern that is not valid. */
export function toRegExp(value: unknown): RegExp {
  if (!Array.isArray(value) || value.length !== 3 || value[0] !== 'RegExp')
    throw new Error('CBOR with an unknown object')
  const [, source, flags] = value as unknown[]
  if (typeof source !== 'string' || typeof flags !== 'string') throw new Error('CBOR with an unknown object')
  return new RegExp(source, flags)
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** The typed array of an RFC 8746 tag over `data`, which it keeps. Throws on an unknown tag. */
export function toTypedArray(tag: number, data: Uint8Array): ArrayBufferView {
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
