import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Transform } from './port.js'

/**
 * Compresses records (raw deflate, RFC 1951), before they are sealed. Reading stops at `maxRecordBytes`, however much a hostile
 * record would unpack to.
 * @param options.above records whose values take more bytes than this are compressed, if that makes them smaller
 */
export function compress({ above = 1024 }: { readonly above?: number } = {}): Transform {
  return Object.freeze({
    name: 'deflate',
    apply(bytes: Uint8Array) {
      if (bytes.length <= above) return undefined
      const packed = deflateRawSync(bytes)
      return packed.length < bytes.length ? packed : undefined
    },
    undo(bytes: Uint8Array, { maxBytes }: { readonly maxBytes: number }) {
      // Its type does not know `info`, which is the only way to learn that bytes follow the compressed ones.
      const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: maxBytes, info: true }) as unknown as {
        buffer: Uint8Array
        engine: { bytesWritten: number }
      }
      if (engine.bytesWritten !== bytes.length) throw new RangeError('bytes follow the compressed ones')
      return buffer
    },
  })
}
