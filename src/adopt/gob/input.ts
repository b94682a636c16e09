import { damaged } from './damage.js'

/**
 * The bytes of a stream, one message after the other. Nothing is read beyond the message in hand, and every count is checked
 * against the bytes that are left before anything is made of it.
 * @see https://pkg.go.dev/encoding/gob#hdr-Encoding_Details
 */
export class GobInput {
  readonly #bytes: Uint8Array
  #at = 0
  #end = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Whether the message in hand has been read to its end. */
  get isAtEnd(): boolean {
    return this.#at === this.#end
  }

  /** Goes on to the next message. @returns whether there is one */
  nextMessage(): boolean {
    if (!this.isAtEnd) throw damaged('bytes follow the value of a message')
    if (this.#at === this.#bytes.length) return false
    this.#end = this.#bytes.length
    const length = this.count()
    this.#end = this.#at + length
    return true
  }

  /** An unsigned integer: a number where that is exact. */
  uint(): number | bigint {
    const head = this.#byte()
    if (head < 0x80) return head
    const length = 0x100 - head
    if (length > 8) throw damaged('an integer is longer than 64 bits')
    if (length > this.#end - this.#at) throw cutShort()
    if (length <= 6) {
      let value = 0
      for (let i = 0; i < length; i++) value = value * 0x100 + (this.#bytes[this.#at++] as number)
      return value
    }
    let value = 0n
    for (let i = 0; i < length; i++) value = (value << 8n) | BigInt(this.#bytes[this.#at++] as number)
    return exact(value)
  }

  /** A signed integer: a number where that is exact. */
  int(): number | bigint {
    const value = this.uint()
    if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    return exact(value & 1n ? ~(value >> 1n) : value >> 1n)
  }

  /** A double: its bytes in reverse order, as an integer, so that round numbers are short. */
  float(): number {
    scratch.setBigUint64(0, BigInt(this.uint()), true)
    return scratch.getFloat64(0)
  }

  /** A small integer that may be negative: the id of a type. */
  id(): number {
    const value = this.int()
    if (typeof value !== 'number' || Math.abs(value) > 0x7fffffff) throw damaged('the id of a type is too large')
    return value
  }

  /**
   * How many things follow. Each takes at least a byte, in this message or in a later one, so that no count can ask for more
   * than was sent.
   */
  count(): number {
    const value = this.uint()
    if (value > this.#bytes.length - this.#at) throw damaged('a count is larger than what follows it')
    return Number(value)
  }

  /** A count, and as many bytes, as a copy. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#part())
  }

  /** A count, and as many bytes of UTF-8. Go allows any bytes in a string; those that are no text are refused. */
  text(): string {
    try {
      return utf8.decode(this.#part())
    } catch (error) {
      if (error instanceof TypeError) throw damaged('a string is not UTF-8')
      throw error
    }
  }

  #part(): Uint8Array {
    const length = this.count()
    if (length > this.#end - this.#at) throw cutShort()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #byte(): number {
    if (this.#at >= this.#end) throw cutShort()
    return this.#bytes[this.#at++] as number
  }
}

const scratch = new DataView(new ArrayBuffer(8))
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const cutShort = () => damaged('a message ends in the middle of a value')

function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
