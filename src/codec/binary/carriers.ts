import { errorPrototypes, fromError } from '../builtins.js'
import { refusalOf } from '../describe.js'
import { mapStep } from '../path.js'
import { Refusal } from '../refusal.js'
import { loneSurrogate } from '../refusals.js'
import { writeBytes, writeFloat64, writeHead, writeText, writeUint32 } from './output.js'
import { inside, refuse } from './refused.js'
import type { Carrier, WriteChild } from './rules.js'
import { MAX_FLOAT_DATE, TAG, typedArrayTags } from './tags.js'
import { littleEndian } from './values.js'

/** By prototype: how the built-in classes are written. A method of the prototype throws on what only inherits from it. */
export const builtInCarriers: ReadonlyMap<object, Carrier> = new Map<object, Carrier>([
  [Uint8Array.prototype, writeUint8Array],
  [Date.prototype, writeDate],
  [Map.prototype, writeMap],
  [Set.prototype, writeSet],
  [RegExp.prototype, writeRegExp],
  [URL.prototype, (url: URL) => tagged(TAG.url) && writeText(url.href)],
  ...typedArrayTags.map(([tag, type]): [object, Carrier] => [type.prototype, typedArrayCarrier(tag, type)]),
  ...errorPrototypes.map((prototype): [object, Carrier] => [prototype, writeError]),
])

/** The one built-in class beside plain objects and arrays that CBOR itself knows. */
export function writeUint8Array(array: Uint8Array): boolean {
  if (!ArrayBuffer.isView(array)) return refuse(refusalOf(array))
  writeBytes(array)
  return true
}

function tagged(tag: number): true {
  writeHead(0xc0, tag)
  return true
}

function writeDate(date: Date): boolean {
  const time = Date.prototype.getTime.call(date)
  if (!(Math.abs(time) <= MAX_FLOAT_DATE)) {
    tagged(TAG.exactDate)
    writeFloat64(time)
    return true
  }
  tagged(TAG.date)
  const seconds = time / 1000
  if (Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 32) writeUint32(seconds)
  else writeFloat64(seconds)
  return true
}

function writeMap(map: Map<unknown, unknown>, depth: number, write: WriteChild): boolean {
  // Throws on what is no Map, before anything of the object itself is used.
  const entries = Map.prototype.entries.call(map) as MapIterator<[unknown, unknown]>
  tagged(TAG.map)
  writeHead(0xa0, map.size)
  const { size } = map
  let i = 0
  for (const [key, value] of entries) {
    if (i === size) return refuse(unsteady())
    if (!write(key, depth)) return inside(mapStep('key', i))
    if (!write(value, depth)) return inside(mapStep('value', i))
    i++
  }
  return i === size || refuse(unsteady())
}

function writeSet(set: Set<unknown>, depth: number, write: WriteChild): boolean {
  const items = Set.prototype.values.call(set) as SetIterator<unknown>
  tagged(TAG.set)
  writeHead(0x80, set.size)
  const { size } = set
  let i = 0
  for (const item of items) {
    if (i === size) return refuse(unsteady())
    if (!write(item, depth)) return inside(i)
    i++
  }
  return i === size || refuse(unsteady())
}

function writeRegExp(pattern: RegExp): boolean {
  tagged(TAG.object)
  writeHead(0x80, 3)
  writeText('RegExp')
  if (!writeText(pattern.source)) return refuse(loneSurrogate()) || inside('source')
  return writeText(pattern.flags)
}

function writeError(error: Error, depth: number, write: WriteChild): boolean {
  const plain = fromError(error, (child) => child)
  tagged(TAG.error)
  writeHead(0x80, plain.length)
  for (let i = 0; i < plain.length; i++) if (!write(plain[i], depth)) return inside(i === 1 ? 'message' : 'cause')
  return true
}

function typedArrayCarrier(littleTag: number, type: { readonly BYTES_PER_ELEMENT: number }): Carrier {
  const tag = littleEndian || type.BYTES_PER_ELEMENT === 1 ? littleTag : littleTag - 4
  return (array: ArrayBufferView) => {
    if (!ArrayBuffer.isView(array)) return refuse(refusalOf(array))
    tagged(tag)
    writeBytes(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    return true
  }
}

/** The encode of a registered class may change the Map or Set that it is in. */
function unsteady(): Refusal {
  return new Refusal('a value that is not the same each time it is read', 'store plain data instead')
}
