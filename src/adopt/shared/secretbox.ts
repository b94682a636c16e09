import { timingSafeEqual } from 'node:crypto'

/** Of a secretbox, in bytes. */
export const BOX_KEY = 32
const BOX_NONCE = 24
const TAG = 16

/**
 * Opens a secretbox of NaCl (XSalsa20 with Poly1305, the tag first), which node:crypto does not have. Nothing of it is looked at
 * before the tag fits.
 * @see https://cr.yp.to/snuffle/xsalsa-20081128.pdf
 * @see https://www.rfc-editor.org/rfc/rfc8439#section-2.5
 */
export function openSecretbox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (box.length < TAG || nonce.length !== BOX_NONCE || key.length !== BOX_KEY) return undefined
  const sealed = box.subarray(TAG)
  // 32 bytes of the stream are the key of the tag; the values begin behind them.
  const stream = xsalsa20(BOX_KEY + sealed.length, nonce, key)
  if (!timingSafeEqual(poly1305(sealed, stream.subarray(0, BOX_KEY)), box.subarray(0, TAG))) return undefined
  return sealed.map((byte, at) => byte ^ (stream[BOX_KEY + at] as number))
}

function xsalsa20(length: number, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  // HSalsa20: a key for the last eight bytes of the nonce from the first sixteen.
  const mixed = rounds(block(words(key), words(nonce.subarray(0, 16))))
  const subkey = Uint32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (at) => mixed[at] as number)
  const tail = words(nonce.subarray(16))
  const out = new Uint8Array(Math.ceil(length / 64) * 64)
  const view = new DataView(out.buffer)
  for (let counter = 0; counter * 64 < length; counter++) {
    const before = block(subkey, Uint32Array.of(tail[0] as number, tail[1] as number, counter, 0))
    const after = rounds(before)
    for (let at = 0; at < 16; at++)
      view.setUint32(counter * 64 + at * 4, ((before[at] as number) + (after[at] as number)) >>> 0, true)
  }
  return out.subarray(0, length)
}

/** "expand 32-byte k", in four words. */
const SIGMA = words(Buffer.from('expand 32-byte k'))

function block(key: Uint32Array, input: Uint32Array): Uint32Array {
  const [a, b, c, d] = SIGMA as unknown as readonly [number, number, number, number]
  return Uint32Array.of(a, ...key.subarray(0, 4), b, ...input, c, ...key.subarray(4), d)
}

/** Salsa20's twenty rounds, without the addition at their end. */
function rounds(input: Uint32Array): Uint32Array {
  const x = input.slice()
  const add = (to: number, one: number, two: number, by: number) => {
    const sum = ((x[one] as number) + (x[two] as number)) >>> 0
    x[to] = (x[to] as number) ^ ((sum << by) | (sum >>> (32 - by)))
  }
  const quarter = ([a, b, c, d]: readonly [number, number, number, number]) => {
    add(b, a, d, 7)
    add(c, b, a, 9)
    add(d, c, b, 13)
    add(a, d, c, 18)
  }
  for (let round = 0; round < 10; round++) [...COLUMNS, ...ROWS].forEach(quarter)
  return x
}

const COLUMNS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
] as const
const ROWS = [
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const

const PRIME = (1n << 130n) - 5n

function poly1305(message: Uint8Array, key: Uint8Array): Uint8Array {
  const r = numberOf(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16)
    sum = ((sum + numberOf(part) + (1n << BigInt(part.length * 8))) * r) % PRIME
  }
  const tag = (sum + numberOf(key.subarray(16))) & ((1n << 128n) - 1n)
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, at) => view.getUint32(at * 4, true))
}

/** Little-endian. */
function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`)
}
