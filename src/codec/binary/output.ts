/**
 * The bytes of the CBOR value that is being written. One buffer serves every call and grows when it must; the result is
 * copied out, so nobody ever holds a part of it.
 */
export function collect(write: () => boolean): Uint8Array | undefined {
  // Writing runs code of the app (the encode of a registered type), which may write a record of its own meanwhile.
  const outer = busy ? { out, view, at } : undefined
  if (outer) use(new Uint8Array(NESTED_CAPACITY))
  busy = true
  at = 0
  try {
    return write() ? out.slice(0, at) : undefined
  } finally {
    if (outer) ({ out, view, at } = outer)
    else {
      busy = false
      if (out.length > KEPT_CAPACITY) use(new Uint8Array(CAPACITY))
    }
  }
}

const CAPACITY = 16_384
const NESTED_CAPACITY = 1024
/** A larger buffer is given back after the record that needed it. */
const KEPT_CAPACITY = 1 << 20
/** More than any head and number takes; each of those is written only after a `reserve`. */
const MARGIN = 16

let out = new Uint8Array(CAPACITY)
let view = new DataView(out.buffer)
let at = 0
let busy = false

function use(buffer: Uint8Array<ArrayBuffer>): void {
  out = buffer
  view = new DataView(buffer.buffer)
}

function reserve(size: number): void {
  if (at + size + MARGIN <= out.length) return
  const larger = new Uint8Array(Math.max(out.length * 2, at + size + MARGIN))
  larger.set(out.subarray(0, at))
  use(larger)
}

export function writeByte(byte: number): void {
  reserve(0)
  out[at++] = byte
}

/** A head: the major type in the upper three bits, and an argument below 2^32 in the fewest bytes. */
export function writeHead(major: number, argument: number): void {
  reserve(0)
  if (argument < 24) out[at++] = major | argument
  else if (argument < 0x100) {
    out[at] = major | 24
    out[at + 1] = argument
    at += 2
  } else if (argument < 0x10000) {
    out[at] = major | 25
    view.setUint16(at + 1, argument)
    at += 3
  } else {
    out[at] = major | 26
    view.setUint32(at + 1, argument)
    at += 5
  }
}

export function writeFloat64(value: number): void {
  reserve(0)
  out[at] = 0xfb
  view.setFloat64(at + 1, value)
  at += 9
}

/** An integer of 64 bits, always nine bytes: its major type tells a BigInt from a number when it is read. */
export function writeInt64(value: bigint): void {
  reserve(0)
  out[at] = value < 0n ? 0x3b : 0x1b
  view.setBigUint64(at + 1, value < 0n ? -1n - value : value)
  at += 9
}

/** How much is written so far. */
export function written(): number {
  return at
}

/** A copy of what was written since then. */
export function writtenSince(start: number): Uint8Array {
  return out.slice(start, at)
}

/** Bytes that were written before, heads and all. */
export function writeRaw(bytes: Uint8Array): void {
  reserve(bytes.length)
  out.set(bytes, at)
  at += bytes.length
}

/** Seconds of a date: four bytes even where fewer would do. */
export function writeUint32(value: number): void {
  reserve(0)
  out[at] = 0x1a
  view.setUint32(at + 1, value)
  at += 5
}

export function writeBytes(bytes: Uint8Array): void {
  writeHead(0x40, bytes.length)
  reserve(bytes.length)
  out.set(bytes, at)
  at += bytes.length
}

/** False, and nothing written, for text that UTF-8 cannot carry: one with a lone surrogate. */
export function writeText(text: string): boolean {
  const length = text.length
  reserve(length * 3)
  if (length > 64) return writeUtf8(text)
  // Locals: the engine keeps them in registers, which it cannot do with the variables of a module.
  const target = out
  let end = at
  if (length < 24) target[end++] = 0x60 | length
  else {
    target[end++] = 0x78
    target[end++] = length
  }
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return writeUtf8(text)
    target[end++] = unit
  }
  at = end
  return true
}

/** Written after the widest head, then moved up to the one it needs: the length in bytes is known only afterwards. */
function writeUtf8(text: string): boolean {
  if (LONE_SURROGATE.test(text)) return false
  const from = at + 5
  const { written } = utf8.encodeInto(text, out.subarray(from))
  writeHead(0x60, written)
  out.copyWithin(at, from, from + written)
  at += written
  return true
}

const utf8 = new TextEncoder()
const LONE_SURROGATE = /\p{Surrogate}/u
