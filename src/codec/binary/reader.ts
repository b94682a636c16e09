import { MAX_DEPTH } from '../refusals.js'
import { isTypeName, unknownType } from '../type-lookup.js'
import { nameOfUnknown } from './key-names.js'
import { NOWHERE, type Position } from './positions.js'
import type { BinaryRules } from './rules.js'
import { TAG } from './tags.js'
import { toBigInt, toBuiltIn, unexpectedTag } from './values.js'

/**
 * Reads what our binary codecs write and nothing else: definite lengths, keys as text or as 16-bit hashes, the tags of
 * tags.ts. A general CBOR decoder accepts cycles, unknown tags and invalid UTF-8; checking the bytes first and then decoding
 * them took longer than reading them once. Throws on anything else, in time that grows with the length of the input. The
 * result shares no memory with it.
 * @throws MisdeployError when the bytes are fine but name a type that is not registered
 */
export function decodeBinary(input: Uint8Array, given: BinaryRules): unknown {
  // The decode of a registered type is code of the app, which may read a record of its own meanwhile.
  const outer = { rules, bytes, at, end, ascii, missing }
  try {
    rules = given
    bytes = input
    at = 0
    end = input.length
    ascii = end <= MAX_WHOLE_TEXT ? latin1(input, 0, end) : undefined
    missing = undefined
    const value = read(0, given.position ?? NOWHERE)
    if (at !== end) throw new Error('bytes follow the CBOR value')
    if (missing !== undefined) throw unknownType(missing)
    return value
  } finally {
    ;({ rules, bytes, at, end, ascii, missing } = outer)
  }
}

const NOTHING = new Uint8Array(0)
/** Input up to this size is turned into text at once and sliced: one call out of the engine instead of one per string. */
const MAX_WHOLE_TEXT = 4096
const NO_RULES: BinaryRules = { carriers: new Map(), builtIns: false, types: undefined, position: undefined }

// The state of the reading in progress.
let rules = NO_RULES
/** The first type name met that is not registered. The reading goes on, because damage anywhere is damage, not a misdeploy. */
let missing: string | undefined
let bytes: Uint8Array = NOTHING
let at = 0
let end = 0
let ascii: string | undefined

/** Levels are counted as the writer counts them, which refuses what is deeper, so that all that is read can be written. */
function read(depth: number, position: Position): unknown {
  if (at >= end) throw cutShort()
  const head = bytes[at++] as number
  // A number or text one level below the deepest container is fine; a container there is not.
  if (depth > MAX_DEPTH && head >> 5 >= 4 && head >> 5 <= 6) return readDeepest(head, depth)
  const info = head & 0x1f
  switch (head >> 5) {
    case 0:
      return info === 27 ? readUint64() : readArgument(info)
    case 1:
      return info === 27 ? -1n - readUint64() : -1 - readArgument(info)
    case 2:
      return readBytes(readArgument(info))
    case 3:
      return readText(readArgument(info))
    case 4:
      return readArray(readArgument(info), depth, position.items)
    case 5:
      return readObject(readArgument(info), depth, position)
    case 6:
      return readTagged(readArgument(info), depth)
    default:
      return readSimple(info)
  }
}

/** Below the deepest container a tag may stand for a number still: -0 or a BigInt. */
function readDeepest(head: number, depth: number): unknown {
  if (head >> 5 === 6) {
    const tag = readArgument(head & 0x1f)
    if (tag === TAG.negativeZero || tag === TAG.positiveBigInt || tag === TAG.negativeBigInt)
      return readTagged(tag, depth)
  }
  throw new Error('CBOR nested too deeply')
}

/** A length, tag number or integer below 2^32. */
function readArgument(info: number): number {
  if (info < 24) return info
  const start = at
  if (info === 24) at += 1
  else if (info === 25) at += 2
  else if (info === 26) at += 4
  else throw new Error('CBOR with an indefinite, reserved or 64-bit length')
  if (at > end) throw cutShort()
  let value = bytes[start] as number
  for (let i = start + 1; i < at; i++) value = value * 256 + (bytes[i] as number)
  return value
}

function readUint64(): bigint {
  const high = readArgument(26)
  return (BigInt(high) << 32n) | BigInt(readArgument(26))
}

function readBytes(length: number): Uint8Array {
  if (length > end - at) throw cutShort()
  // Not `bytes.slice`: on a Buffer that is a view.
  const copy = new Uint8Array(length)
  copy.set(new Uint8Array(bytes.buffer, bytes.byteOffset + at, length))
  at += length
  return copy
}

function readText(length: number): string {
  if (length > end - at) throw cutShort()
  const start = at
  const stop = start + length
  at = stop
  let i = start
  while (i < stop && (bytes[i] as number) < 0x80) i++
  if (i < stop) return utf8.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, length))
  return ascii === undefined ? latin1(bytes, start, stop) : ascii.slice(start, stop)
}

/**
 * The same few key names come again in every record. A slice is a new string that the engine must look up in its table of
 * property names; the one kept from last time needs no look-up. A slot holds one name, so hostile keys only replace it.
 */
const keySlots: (string | undefined)[] = new Array<string | undefined>(512).fill(undefined)
const MAX_KEPT_KEY = 24

function readKey(length: number): string {
  if (length > MAX_KEPT_KEY || length > end - at) return readText(length)
  const stop = at + length
  let hash = length
  for (let i = at; i < stop; i++) hash = (hash * 31 + (bytes[i] as number)) | 0
  const slot = (hash ^ (hash >>> 9)) & 511
  const kept = keySlots[slot]
  if (kept !== undefined && kept.length === length && isTextAt(kept, at)) {
    at = stop
    return kept
  }
  const key = readText(length)
  // Only ASCII: of such a name the characters are the bytes, which is what the comparison above relies on.
  if (key.length === length) keySlots[slot] = key
  return key
}

function isTextAt(text: string, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

function readArray(length: number, depth: number, items: Position): unknown[] {
  if (length > end - at) throw cutShort()
  // Grown, not preallocated: nested headers could otherwise claim memory many times over.
  const array: unknown[] = []
  for (let i = 0; i < length; i++) array.push(read(depth + 1, items))
  return array
}

function readObject(length: number, depth: number, position: Position): Record<string, unknown> {
  if (length * 2 > end - at) throw cutShort()
  const object: Record<string, unknown> = {}
  let next = 0
  for (let i = 0; i < length; i++) {
    const head = bytes[at++] as number
    if (head >> 5 === 3) {
      const name = readKey(readArgument(head & 0x1f))
      if (name === '__proto__') throw new Error('CBOR with the object key `__proto__`')
      const known = position === NOWHERE ? undefined : position.names.get(name)
      object[name] = read(depth + 1, known === undefined ? NOWHERE : known.position)
    } else if (head < 0x1a && rules.position !== undefined) {
      const hash = readArgument(head)
      let known = position.order[next]
      if (known === undefined || known.hash !== hash) known = position.hashes.get(hash)
      if (known === undefined) object[nameOfUnknown(hash)] = read(depth + 1, NOWHERE)
      else {
        next = known.index + 1
        object[known.name] = read(depth + 1, known.position)
      }
    } else throw new Error('CBOR with an object key that is neither text nor a hash of 16 bits')
  }
  // Two of them, or a name and its hash, would leave the reader's choice to chance.
  if (Object.keys(object).length !== length) throw new Error('CBOR with the same object key twice')
  return object
}

function readSimple(info: number): unknown {
  if (info === 20) return false
  if (info === 21) return true
  if (info === 22) return null
  if (info === 23) return undefined
  if (info === 27) return readFloat64()
  throw new Error('CBOR with an unknown simple value')
}

const floatBytes = new Uint8Array(8)
const floatView = new DataView(floatBytes.buffer)

function readFloat64(): number {
  if (end - at < 8) throw cutShort()
  for (let i = 0; i < 8; i++) floatBytes[i] = bytes[at + i] as number
  at += 8
  return floatView.getFloat64(0)
}

function readTagged(tag: number, depth: number): unknown {
  if (tag === TAG.registered) return readRegistered(depth)
  if (tag === TAG.map && rules.builtIns) return readMap(depth)
  // No tag is ever around another, which also bounds the recursion: a tag is no level of its own.
  if (at < end && (bytes[at] as number) >> 5 === 6) throw unexpectedTag(tag)
  const value = read(depth, NOWHERE)
  switch (tag) {
    case TAG.negativeZero:
      if (Object.is(value, 0)) return -0
      break
    case TAG.positiveBigInt:
    case TAG.negativeBigInt:
      if (value instanceof Uint8Array) return toBigInt(value, tag === TAG.negativeBigInt)
      break
    default:
      if (rules.builtIns) return toBuiltIn(tag, value)
  }
  throw unexpectedTag(tag)
}

function readRegistered(depth: number): unknown {
  if (end - at < 3 || bytes[at++] !== 0x82) throw new Error('CBOR with a type tag around something else')
  const name = read(depth + 1, NOWHERE)
  if (!isTypeName(name)) throw new Error('CBOR with a type that has no name')
  const plain = read(depth + 1, NOWHERE)
  const type = rules.types?.named(name)
  if (type === undefined) missing ??= name
  // What an unknown type holds is missing, so the decode of one around it would be misled.
  return missing === undefined ? type?.decode(plain) : undefined
}

function readMap(depth: number): Map<unknown, unknown> {
  const head = at < end ? (bytes[at++] as number) : 0
  if (head >> 5 !== 5) throw new Error('CBOR with a Map tag around something else')
  const length = readArgument(head & 0x1f)
  if (length * 2 > end - at) throw cutShort()
  const map = new Map<unknown, unknown>()
  for (let i = 0; i < length; i++) {
    const key = read(depth + 1, NOWHERE)
    map.set(key, read(depth + 1, NOWHERE))
  }
  return map
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function latin1(source: Uint8Array, start: number, stop: number): string {
  return Buffer.from(source.buffer, source.byteOffset + start, stop - start).toString('latin1')
}

function cutShort(): Error {
  return new Error('CBOR that is cut short')
}
