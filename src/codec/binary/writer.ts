import { CodecError } from '../../core/errors.js'
import type { RegisteredType } from '../../core/type-registry.js'
import { MAX_DEPTH } from '../walk.js'
import { unknownOf } from './key-names.js'
import { collect, writeByte, writeBytes, writeFloat64, writeHead, writeInt64, writeText } from './output.js'
import { NOWHERE, type Position } from './positions.js'
import type { BinaryRules } from './rules.js'
import { MAX_BIGINT_BYTES, TAG } from './tags.js'

/**
 * The bytes of a value, checked and written in one pass. What cannot be carried is left to `refuse`, a walk that knows the
 * same rules: it throws with the path, so there is one place that refuses and names paths.
 * @throws CodecError
 */
export function encodeBinary(value: unknown, given: BinaryRules, codec: string, refuse: (value: unknown) => unknown) {
  const outer = rules
  let cause: unknown
  rules = given
  try {
    const bytes = collect(() => write(value, 0, given.position ?? NOWHERE))
    if (bytes !== undefined) return bytes
  } catch (error) {
    // A Proxy, an encode of the app, or a built-in's own complaint: the walk meets it again.
    cause = error
  } finally {
    rules = outer
  }
  refuse(value)
  throw new CodecError(
    `The codec \`${codec}\` cannot carry a value that is not the same each time it is read; store plain data instead.`,
    '',
    { cause },
  )
}

let rules: BinaryRules = { carriers: new Map(), builtIns: false, types: undefined, position: undefined }

function write(value: unknown, depth: number, position: Position): boolean {
  switch (typeof value) {
    case 'string':
      return writeText(value)
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
      return false
  }
}

function writeChild(value: unknown, depth: number): boolean {
  return write(value, depth + 1, NOWHERE)
}

function writeObject(value: object, depth: number, position: Position): boolean {
  if (depth > MAX_DEPTH) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === Object.prototype) return writeRecord(value, depth, position)
  if (prototype === Array.prototype && Array.isArray(value)) return writeArray(value, depth, position)
  if (prototype === null) return false
  const type = rules.types?.of(value)
  if (type !== undefined) return writeRegistered(type, value, depth)
  const carrier = rules.carriers.get(prototype)
  if (carrier === undefined) return false
  // Own properties of a Date or Map would be lost. Typed arrays list every element here, so they are left out.
  if (!ArrayBuffer.isView(value) && Object.keys(value).length + Object.getOwnPropertySymbols(value).length > 0)
    return false
  return carrier(value as never, depth, writeChild)
}

function writeRecord(value: object, depth: number, position: Position): boolean {
  const keys = Object.keys(value)
  if (Object.getOwnPropertyNames(value).length !== keys.length || Object.getOwnPropertySymbols(value).length > 0)
    return false
  writeHead(0xa0, keys.length)
  const { names, order } = position
  let next = 0
  for (let i = 0; i < keys.length; i++) {
    const name = keys[i] as string
    const property = Object.getOwnPropertyDescriptor(value, name)
    if (name === '__proto__' || property === undefined || property.get !== undefined || property.set !== undefined)
      return false
    let known = order[next]
    if (known === undefined || known.name !== name) known = names.get(name)
    if (known === undefined) {
      if (!writeText(name) && !writeUnknown(name, position)) return false
      if (!write(property.value, depth + 1, NOWHERE)) return false
    } else {
      next = known.index + 1
      writeHead(0x00, known.hash)
      if (!write(property.value, depth + 1, known.position)) return false
    }
  }
  return true
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
  if (Object.keys(value).length !== length || Object.getOwnPropertySymbols(value).length > 0) return false
  writeHead(0x80, length)
  for (let i = 0; i < length; i++) {
    const item = value[i]
    if (item === undefined && !Object.hasOwn(value, i)) return false
    if (!write(item, depth + 1, position.items)) return false
  }
  return true
}

function writeRegistered(type: RegisteredType, value: object, depth: number): boolean {
  const plain = type.encode(value)
  writeHead(0xc0, TAG.registered)
  writeHead(0x80, 2)
  return writeText(type.name) && writeChild(plain, depth)
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
  if (bytes.length > MAX_BIGINT_BYTES) return false
  writeHead(0xc0, value < 0n ? TAG.negativeBigInt : TAG.positiveBigInt)
  writeBytes(bytes)
  return true
}
