import type { KeyShape } from '../core/key-shape.js'

/**
 * The codec port: values to bytes and back. A whole working codec:
 *
 * ```ts
 * const plainJson: Codec = {
 *   name: 'plain-json',
 *   bind: () => ({
 *     encode: (value) => new TextEncoder().encode(JSON.stringify(value)),
 *     decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
 *   }),
 * }
 * ```
 */

export interface CodecContext {
  /** The object positions of the schema whose values are encoded. */
  readonly shape: KeyShape
}

export interface BoundCodec {
  /**
   * The bytes of a plain object. The caller may keep them: they share no memory with the codec or the value.
   * @throws CodecError naming the path of the first value that cannot be carried without loss
   */
  encode(value: Readonly<Record<string, unknown>>): Uint8Array
  /** The value. It shares no memory with `bytes`. Throws anything on damaged input, in bounded time and memory. */
  decode(bytes: Uint8Array): unknown
}

export interface Codec {
  /** Written into every record, so it may never change: 1 to 32 characters of `a-z 0-9 -`. */
  readonly name: string
  bind(context: CodecContext): BoundCodec
}
