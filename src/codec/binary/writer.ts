import type { RegisteredType } from '../../core/type-registry.js'
import { refusalOf } from '../describe.js'
import { ENCODED } from '../path.js'
import type { KnownBytes } from '../port.js'
import { Refusal } from '../refusal.js'
import {
  accessor,
  forbiddenKey,
  hidden,
  hole,
  loneSurrogate,
  MAX_DEPTH,
  named,
  ownProperties,
  tooDeep,
  unencoded,
} from '../refusals.js'
import { unknownOf } from './key-names.js'
import {
  collect,
  writeByte,
  writeBytes,
  writeFloat64,
  writeHead,
  writeInt64,
  writeRaw,
  writeText,
  written,
  writtenSince,
} from './output.js'
import { NOWHERE, type Position } from './positions.js'
import { inside, refusal, refuse } from './refused.js'
import type { BinaryRules } from './rules.js'
import { MAX_BIGINT_BYTES, TAG } from './tags.js'

/**
 * The bytes of a value, checked and written in one pass.
 * @param known the bytes of values that this very codec has written; see the port
 * @throws CodecError with the path of the first value that cannot be carried
 */
export function encodeBinary(value: unknown, given: BinaryRules, codec: string, known?: KnownBytes): Uint8Array {
  const outer = { rules, isPlain }
  rules = given
  isPlain = known !== undefined
  try {
    const position = given.position ?? NOWHERE
    const bytes = collect(() => (known ? writeRecord(value as object, 0, position, known) : write(value, 0, position)))
    if (bytes !== undefined) return bytes
  } finally {
    ;({ rules, isPlain } = outer)
  }
  throw refusal(codec, value, given.types)
}

let rules: BinaryRules = { carriers: new Map(), builtIns: false, types: undefined, position: undefined }

/** Whether objects were made by the library, so that they have no accessors, hidden properties or symbols. */
let isPlain = false

/** Shorter values are written faster than they are found. */
const WORTH_KEEPING = 64

/** What is directly in an object that the library has made: it may have been written before, and is then copied. */
function writeItem(item: unknown, position: Position, known: KnownBytes): boolean {
  if (typeof item !== 'object' || item === null) return write(item, 1, position)
  const bytes = known.get(item)
  if (bytes !== undefined) {
    writeRaw(bytes)
    return true
  }
  const start = written()
  if (!write(item, 1, position)) return false
  if (written() - start >= WORTH_KEEPING) known.note(item, () => writtenSince(start))
  return true
}

function write(value: unknown, depth: number, position: Position): boolean {
  switch (typeof value) {
    case 'string':
      return writeText(value) || refuse(loneSurrogate())
    case 'number':
      writeNumber(value)
      return true
    case 'boolean':
      writeByte(value ? 0xf5 : 0xf4)
      return true
    case 'undefined':
      writeByte(0xf7)
      return true
    case 'bigint':
      return writeBigInt(value)
    case 'object':
      if (value !== null) return writeObject(value, depth, position)
      writeByte(0xf6)
      return true
    default:
      return refuse(refusalOf(value))
  }
}

function writeChild(value: unknown, depth: number): boolean {
  return write(value, depth + 1, NOWHERE)
}

function writeObject(value: object, depth: number, position: Position): boolean {
  if (depth > MAX_DEPTH) return refuse(tooDeep())
  try {
    const prototype = Object.getPrototypeOf(value) as object | null
    if (prototype === Object.prototype) return writeRecord(value, depth, position)
    if (prototype === Array.prototype && Array.isArray(value)) return writeArray(value, depth, position)
    return writeInstance(value, prototype, depth)
  } catch (error) {
    return refuse(error)
  }
}

function writeInstance(value: object, prototype: object | null, depth: number): boolean {
  const type = rules.types?.of(value)
  if (type !== undefined) return writeRegistered(type, value, depth)
  const carrier = prototype === null ? undefined : rules.carriers.get(prototype)
  if (carrier === undefined) return refuse(refusalOf(value))
  // Own properties of a Date or Map would be lost. Typed arrays list every element here, so they are left out.
  if (!ArrayBuffer.isView(value) && Object.keys(value).length + Object.getOwnPropertySymbols(value).length > 0)
    return refuse(ownProperties())
  return carrier(value as never, depth, writeChild)
}

/** @param known for the outermost one alone */
function writeRecord(value: object, depth: number, position: Position, known?: KnownBytes): boolean {
  const keys = Object.keys(value)
  // Not Reflect.ownKeys, which has no fast path: it took as long as the rest of the walk.
  const isOpen =
    isPlain ||
    (Object.getOwnPropertyNames(value).length === keys.length && Object.getOwnPropertySymbols(value).length === 0)
  if (!isOpen) return refuse(hidden())
  writeHead(0xa0, keys.length)
  const { names, order } = position
  let next = 0
  for (let i = 0; i < keys.length; i++) {
    const name = keys[i] as string
    if (name === '__proto__') return refuse(forbiddenKey(name)) || inside(name)
    if (!isPlain && isAccessor(value, name)) return refuse(accessor()) || inside(name)
    const item = (value as Record<string, unknown>)[name]
    let key = order[next]
    if (key === undefined || key.name !== name) key = names.get(name)
    if (key === undefined) {
      if (!writeText(name) && !writeUnknown(name, position)) return refuse(loneSurrogate()) || inside(name)
    } else {
      next = key.index + 1
      writeHead(0x00, key.hash)
    }
    const below = key === undefined ? NOWHERE : key.position
    if (!(known ? writeItem(item, below, known) : write(item, depth + 1, below))) return inside(name)
  }
  return true
}

function isAccessor(value: object, name: string): boolean {
  const property = Object.getOwnPropertyDescriptor(value, name)
  return property === undefined || property.get !== undefined || property.set !== undefined
}

/** A key that came as a hash no release here knows goes out as it came. One that is known here was made by hand. */
function writeUnknown(name: string, position: Position): boolean {
  const hash = rules.position === undefined ? undefined : unknownOf(name)
  if (hash === undefined || position.hashes.has(hash)) return false
  writeHead(0x00, hash)
  return true
}

function writeArray(value: readonly unknown[], depth: number, position: Position): boolean {
  const length = value.length
  writeHead(0x80, length)
  for (let i = 0; i < length; i++) {
    const item = value[i]
    if (item === undefined && !Object.hasOwn(value, i)) return refuse(hole()) || inside(i)
    if (!write(item, depth + 1, position.items)) return inside(i)
  }
  if (isPlain) return true
  if (Object.keys(value).length !== length || Object.getOwnPropertySymbols(value).length > 0) return refuse(named())
  return true
}

function writeRegistered(type: RegisteredType, value: object, depth: number): boolean {
  let plain: unknown
  try {
    plain = type.encode(value)
  } catch (cause) {
    return refuse(unencoded(type.name, cause))
  }
  writeHead(0xc0, TAG.registered)
  writeHead(0x80, 2)
  // What the app's own encode gives may be anything.
  const outer = isPlain
  isPlain = false
  const done = writeText(type.name) && writeChild(plain, depth)
  isPlain = outer
  return done || inside(ENCODED)
}

function writeNumber(value: number): void {
  if (value >>> 0 === value) {
    if (value === 0 && 1 / value < 0) {
      writeHead(0xc0, TAG.negativeZero)
      value = 0
    }
    writeHead(0x00, value)
  } else if (value < 0 && value >= -(2 ** 32) && Math.floor(value) === value) writeHead(0x20, -1 - value)
  else writeFloat64(value)
}

function writeBigInt(value: bigint): boolean {
  if (BigInt.asIntN(64, value) === value) {
    writeInt64(value)
    return true
  }
  const hex = (value < 0n ? -1n - value : value).toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  if (bytes.length > MAX_BIGINT_BYTES)
    return refuse(new Refusal(`a BigInt over ${MAX_BIGINT_BYTES} bytes`, 'store it as a string'))
  writeHead(0xc0, value < 0n ? TAG.negativeBigInt : TAG.positiveBigInt)
  writeBytes(bytes)
  return true
}
