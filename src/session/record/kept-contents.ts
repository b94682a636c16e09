import type { TypeRegistry } from '../../core/type-registry.js'
import { copyValue } from '../../core/value.js'
import type { KeyModel } from '../../schema/key.js'
import type { StoredRecord, StoreKey } from '../../stores/port.js'
import { type Contents, carriesSeedAtMost, toEntry } from './contents.js'
import type { DecodedRecord } from './format.js'
import { SeenKeys } from './seen-keys.js'
import { weightOf } from './weight.js'

/** What one record was decoded to. */
interface Kept {
  readonly revision: StoredRecord['revision']
  readonly bytes: Uint8Array
  readonly contents: Contents
  readonly weight: number
}

export interface KeptContentsOptions {
  /** How many bytes of memory all of them may take, by estimate; 0 keeps none. */
  readonly maxBytes: number
  /** The keys whose reading runs code of the app, which may answer differently every time. */
  readonly unsteady: readonly KeyModel[]
  readonly types: TypeRegistry | undefined
  readonly schemaVersion: number
}

/** No entry is larger than this part of all of them: a few large sessions would come and go, and each time push out the rest. */
const LARGEST_PART = 16
/** What an entry takes beside its values and bytes. */
const ENTRY_WEIGHT = 1000

/**
 * The contents of records as this process has decoded them, so that a record that has not changed is not decoded again. Never an
 * answer by itself: the record is read first, and only one with the same revision and the same bytes has the same contents. So
 * whatever happens in the store, or to it, is seen. Kept is only what reads the same whatever the time is, and of that only
 * what was read twice.
 */
export class KeptContents {
  readonly #options: KeptContentsOptions
  readonly #seen = new SeenKeys()
  /** Two generations: what is used moves to the younger one, and what is not goes with the older one, all at once. */
  #young = new Map<StoreKey, Kept>()
  #old = new Map<StoreKey, Kept>()
  #weight = 0

  constructor(options: KeptContentsOptions) {
    this.#options = options
  }

  /** The contents of a record that was decoded before; undefined when it has to be decoded. */
  find(key: StoreKey, { revision, bytes }: StoredRecord): Contents | undefined {
    const kept = this.#young.get(key) ?? this.#old.get(key)
    if (kept === undefined || kept.revision !== revision || !sameBytes(kept.bytes, bytes)) return undefined
    if (this.#old.delete(key)) this.#add(key, kept)
    return this.#options.unsteady.length === 0 ? kept.contents : this.#readAgain(kept.contents)
  }

  /** Whether contents of this record are held, of whatever revision. */
  has(key: StoreKey): boolean {
    return this.#young.has(key) || this.#old.has(key)
  }

  /** A record was decoded. */
  decoded(key: StoreKey, record: StoredRecord, decoded: DecodedRecord): void {
    if (this.#options.maxBytes === 0 || !decoded.isSteady || !this.#seen.again(key)) return
    this.#keep(key, record, decoded.contents)
  }

  /** A record that was read before was replaced by this one, which would be read as these very contents. */
  written(key: StoreKey, record: StoredRecord, contents: Contents): void {
    if (!this.has(key)) return
    if (isReadAsWritten(contents, this.#options.schemaVersion)) this.#keep(key, record, contents)
    else this.forget(key)
  }

  /** What has ended is not kept. */
  forget(key: StoreKey): void {
    const kept = this.#young.get(key)
    if (kept) this.#weight -= kept.weight
    this.#young.delete(key)
    this.#old.delete(key)
  }

  #keep(key: StoreKey, { revision, bytes }: StoredRecord, contents: Contents): void {
    const { maxBytes, types } = this.#options
    // Once as they were read, and in parts as they are written.
    let weight = ENTRY_WEIGHT + 2 * bytes.length
    for (const entry of contents.data.values()) weight += weightOf(entry, types)
    this.forget(key)
    if (weight <= maxBytes / LARGEST_PART) this.#add(key, { revision, bytes: ownBytes(bytes), contents, weight })
  }

  #add(key: StoreKey, kept: Kept): void {
    if (this.#weight + kept.weight > this.#options.maxBytes / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#weight = 0
    }
    this.#young.set(key, kept)
    this.#weight += kept.weight
  }

  /** @returns undefined when the schema no longer accepts a value */
  #readAgain(contents: Contents): Contents | undefined {
    const data = new Map(contents.data)
    for (const model of this.#options.unsteady) {
      const entry = data.get(model.name)
      if (!entry) continue
      const typed = model.fromStored(copyValue(entry.stored, this.#options.types))
      if (!typed) return undefined
      data.set(model.name, toEntry(typed))
    }
    return { ...contents, data }
  }
}

/** The stored form has no fractions of a second here, and a record of newer code or with things carried is read in its own way. */
function isReadAsWritten(contents: Contents, schemaVersion: number): boolean {
  const { lifetime, idSince, flash, carried, carriedFlash, version } = contents
  return (
    version === schemaVersion &&
    flash.size + carriedFlash.size === 0 &&
    carriesSeedAtMost(carried) &&
    lifetime.idleMs % 1000 === 0 &&
    (idSince - lifetime.createdAt) % 1000 === 0
  )
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0
}

/** A driver gives a part of what it has received, all of which would be kept with it. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}
