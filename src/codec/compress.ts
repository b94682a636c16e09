import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { checkOptions } from '../core/options/check.js'
import { group, whole } from '../core/options/rule.js'
import type { Transform } from './port.js'

/** Options of `compress`. */
export interface CompressOptions {
  /** Records whose values take more bytes than this are compressed, if that makes them smaller. @default 1024 */
  readonly above?: number
}

export const compressRule = group<CompressOptions>(
  { above: whole('bytes', 0, Number.MAX_SAFE_INTEGER) },
  { threshold: 'ours is `above`', level: 'leave it out, records are small' },
)

/**
 * Compresses records (raw deflate, RFC 1951). Goes before `seal()`. Reading stops at `maxRecordBytes`, however much a
 * hostile record would unpack to.
 * @throws SessionConfigError when `above` is not a whole number of bytes
 */
export function compress(options: CompressOptions = {}): Transform {
  checkOptions('compress()', compressRule, options)
  const { above = 1024 } = options
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
