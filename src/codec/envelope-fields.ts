import { UnreadableRecordError } from '../core/errors.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Where reading goes on. */
export interface Cursor {
  at: number
}

/** UTF-8 text of 1 to 255 bytes after its length byte. */
export function readText(bytes: Uint8Array, cursor: Cursor): string {
  const length = readByte(bytes, cursor)
  const start = cursor.at
  cursor.at = start + length
  if (length === 0 || cursor.at > bytes.length) throw damaged('a name is empty or cut short')
  try {
    return utf8.decode(view(bytes, start, cursor.at))
  } catch (cause) {
    throw new UnreadableRecordError('A stored record is damaged: a name is not UTF-8.', { cause })
  }
}

/** The next byte. */
export function readByte(bytes: Uint8Array, cursor: Cursor): number {
  const byte = bytes[cursor.at++]
  if (byte === undefined) throw damaged('it is cut short')
  return byte
}

/** An unsigned LEB128 number up to 2^53 - 1, in its shortest form only. Not with bit operations: those are 32 bits wide and sizes and seconds are not. */
export function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0
  let factor = 1
  for (;;) {
    const byte = readByte(bytes, cursor)
    value += (byte & 0x7f) * factor
    if (value > Number.MAX_SAFE_INTEGER) throw damaged('a number is too large')
    if (byte < 0x80) {
      if (byte === 0 && factor > 1) throw damaged('a number is not in its shortest form')
      return value
    }
    factor *= 128
    if (factor > Number.MAX_SAFE_INTEGER) throw damaged('a number is too large')
  }
}

/** Writes what `readVarint` reads; returns where it ends. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    out[at++] = (value % 128) | 0x80
    value = Math.floor(value / 128)
  }
  out[at++] = value
  return at
}

/** How many bytes `writeVarint` writes. */
export function varintSize(value: number): number {
  let size = 1
  for (; value >= 0x80; size++) value = Math.floor(value / 128)
  return size
}

/** Six bytes, most significant first: milliseconds below 2^48. */
export function readTime(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0
  for (let i = 0; i < 6; i++) value = value * 256 + readByte(bytes, cursor)
  return value
}

/** Writes what `readTime` reads; returns where it ends. */
export function writeTime(out: Uint8Array, at: number, value: number): number {
  for (let i = 5; i >= 0; i--) {
    out[at + i] = value % 256
    value = Math.floor(value / 256)
  }
  return at + 6
}

/** A part of `bytes`, not a copy. Always a plain Uint8Array: `subarray` of a Buffer would be a Buffer. */
export function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

/** The error for bytes that no release wrote. */
export function damaged(what: string): UnreadableRecordError {
  return new UnreadableRecordError(`A stored record is damaged: ${what}.`)
}
