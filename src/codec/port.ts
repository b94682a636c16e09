import type { KeyShape } from '../core/key-shape.js'
import type { TypeRegistry } from '../core/type-registry.js'

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

/** What a codec is told once, when a session is defined. */
export interface CodecContext {
  /** The object positions of the schema whose values are encoded. */
  readonly shape: KeyShape
  /** The app's own classes. Absent where it has none. */
  readonly types?: TypeRegistry | undefined
}

/** How one codec has written values that never change. */
export interface KnownBytes {
  /** The bytes of a value, all of them. */
  get(value: object): Uint8Array | undefined
  /** What was written for a value; it is copied if the value will be written again. */
  note(value: object, copy: () => Uint8Array): void
}

/** A codec for one definition. */
export interface BoundCodec {
  /**
   * The bytes of a plain object. The caller may keep them: they share no memory with the codec or the value.
   * @param known given when all that the object holds was decoded or copied by this library and never changes: there a codec may
   * note how it has written what is directly in it, and write it so again. A codec may leave it out.
   * @throws CodecError naming the path of the first value that cannot be carried without loss
   */
  encode(value: Readonly<Record<string, unknown>>, known?: KnownBytes): Uint8Array
  /**
   * The value. It shares no memory with `bytes`. Throws anything on damaged input, in bounded time and memory.
   * @throws MisdeployError when the bytes name a type that is not registered here
   */
  decode(bytes: Uint8Array): unknown
}

/** Values to bytes and back. How to write one, and the laws to test it with: docs/codecs/write-your-own.md in this package. */
export interface Codec {
  /** Written into every record, so it may never change: 1 to 32 characters of `a-z 0-9 -`. */
  readonly name: string
  /** The codec for one definition, called when a session is defined. @throws SessionConfigError when it cannot carry this schema */
  bind(context: CodecContext): BoundCodec
}

/** What a transform may bind its bytes to. */
export interface TransformContext {
  /** The name of the session definition. */
  readonly name: string
  /** The store key of the record. */
  readonly key: string
  /** The raw session id. Only for deriving keys: it may never be stored or shown. */
  readonly id: string
  /** What the record says in clear before the transformed bytes: a transform that authenticates covers it too. */
  readonly header: Uint8Array
  /** `undo` may not give more bytes than this. */
  readonly maxBytes: number
}

/** Bytes to bytes, applied to a record after its codec: sealing, compression. Named in the record, as codecs are. */
export interface Transform {
  /** Written into every record, so it may never change: 1 to 32 characters of `a-z 0-9 -`. */
  readonly name: string
  /** The bytes to store, or undefined to leave this record as it is. The input is not kept and not changed. */
  apply(bytes: Uint8Array, context: TransformContext): Uint8Array | undefined
  /**
   * What `apply` was given. Throws anything on damaged input, in bounded time and memory.
   * @throws MisdeployError when a key that this process does not have is needed
   */
  undo(bytes: Uint8Array, context: TransformContext): Uint8Array
  /**
   * True when a record without this transform must be refused, so that nobody can plant one. A function is asked with the
   * time of reading, in milliseconds since the epoch. @default false
   */
  readonly required?: boolean | ((now: number) => boolean)
}
