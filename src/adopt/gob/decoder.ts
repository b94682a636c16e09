import { damaged } from './damage.js'
import { GobInput } from './input.js'
import { type GobTypes, readerInInterface, readerOfOpaque, zeroOfOpaque } from './types.js'
import { BASIC, DECLARATION, type WireType, WireTypes } from './wire-types.js'

const MAX_DEPTH = 128
/** Omitted fields are not sent, so a short stream can hold many values: this many, and four for each byte. */
const MAX_VALUES = 100_000

/** Reads the values of one stream. It shares its types, as Go's encoder sends each type once. */
export class GobDecoder {
  readonly #input: GobInput
  readonly #names: GobTypes
  readonly #types = new WireTypes()
  #left: number

  constructor(bytes: Uint8Array, names: GobTypes) {
    this.#input = new GobInput(bytes)
    this.#names = names
    this.#left = MAX_VALUES + 4 * bytes.length
  }

  /** The next value, in a list of one; an empty list at the end of the stream. */
  next(): readonly unknown[] {
    const type = this.#typeOfValue()
    if (type === undefined) return []
    const value = this.#whole(type, 0)
    if (!this.#input.isAtEnd) throw damaged('bytes follow the value of a message')
    return [value]
  }

  /** Declarations come in messages of their own before the value that needs them. */
  #typeOfValue(): number | undefined {
    while (this.#input.nextMessage()) {
      if (this.#input.isAtEnd) continue
      const id = this.#input.id()
      if (id >= 0) return id
      this.#declare(-id)
    }
    return undefined
  }

  /**
   * In an interface, declarations lie between the name and the value: in this message, with a count between them, or at the
   * beginning of the next, since Go sends what it has of a value when it meets a new type.
   */
  #typeInInterface(): number {
    for (;;) {
      if (this.#input.isAtEnd && !this.#input.nextMessage()) throw damaged('it ends before the value of an interface')
      if (this.#input.isAtEnd) continue
      const id = this.#input.id()
      if (id >= 0) return id
      this.#declare(-id)
      if (!this.#input.isAtEnd) this.#input.uint()
    }
  }

  #declare(id: number): void {
    this.#types.declare(id, this.#value(DECLARATION, 0) as Record<string, unknown>)
  }

  /** A value that stands alone, in a message or in an interface: all but structs have a zero before them. */
  #whole(type: number, depth: number): unknown {
    const isStruct = type > BASIC.interface && this.#types.of(type).kind === 'struct'
    if (!isStruct && this.#input.uint() !== 0) throw damaged('a value does not begin as one')
    return this.#value(type, depth)
  }

  #value(type: number, depth: number): unknown {
    this.#spend(depth)
    const input = this.#input
    switch (type) {
      case BASIC.bool:
        return toBoolean(input.uint())
      case BASIC.int:
        return input.int()
      case BASIC.uint:
        return input.uint()
      case BASIC.float:
        return input.float()
      case BASIC.bytes:
        return input.bytes()
      case BASIC.string:
        return input.text()
      case BASIC.complex:
        return { re: input.float(), im: input.float() }
      case BASIC.interface:
        return this.#interface(depth)
      default:
        return this.#declared(this.#types.of(type), depth + 1)
    }
  }

  #declared(type: WireType, depth: number): unknown {
    switch (type.kind) {
      case 'struct':
        return this.#struct(type.fields, depth)
      case 'map':
        return this.#map(type, depth)
      case 'slice':
        return this.#list(type.elem, this.#input.count(), depth)
      case 'array': {
        const length = this.#input.count()
        if (length !== type.length) throw damaged('an array is not as long as its type says')
        return this.#list(type.elem, length, depth)
      }
      case 'opaque':
        return readerOfOpaque(this.#names, type.name)(this.#input.bytes())
    }
  }

  #interface(depth: number): unknown {
    const name = this.#input.text()
    if (name === '') return null
    const type = this.#typeInInterface()
    // The length of the value, for readers that skip it.
    this.#input.uint()
    const read = readerInInterface(this.#names, name)
    const value = read ? this.#forReader(type, depth) : this.#whole(type, depth + 1)
    return read ? read(value) : value
  }

  /** A type that writes itself is handed over as its bytes, whatever reader its bare name has. */
  #forReader(type: number, depth: number): unknown {
    if (type <= BASIC.interface || this.#types.of(type).kind !== 'opaque') return this.#whole(type, depth + 1)
    if (this.#input.uint() !== 0) throw damaged('a value does not begin as one')
    return this.#input.bytes()
  }

  /** Fields are numbered by their distance from the one before; those that are zero are left out. */
  #struct(fields: (WireType & { kind: 'struct' })['fields'], depth: number): object {
    const sent = new Map<number, unknown>()
    for (let at = -1; ; ) {
      const distance = this.#input.uint()
      if (distance === 0) break
      at += Number(distance)
      const field = fields[at]
      if (!field) throw damaged('a struct has more fields than its type says')
      sent.set(at, this.#value(field.type, depth))
    }
    // Defines its keys, so that a field named __proto__ is a key like any other.
    return Object.fromEntries(
      fields.map(({ name, type }, at) => [name, sent.has(at) ? sent.get(at) : this.#zero(type, depth)]),
    )
  }

  #map({ key, elem }: { readonly key: number; readonly elem: number }, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>()
    for (let left = this.#input.count(); left > 0; left--) {
      const name = this.#value(key, depth)
      map.set(name, this.#value(elem, depth))
    }
    return map
  }

  #list(elem: number, length: number, depth: number): unknown[] {
    const list: unknown[] = []
    while (list.length < length) list.push(this.#value(elem, depth))
    return list
  }

  /** What a field has that was not sent. A struct that was not sent is a nil pointer. */
  #zero(type: number, depth: number): unknown {
    this.#spend(depth)
    switch (type) {
      case BASIC.bool:
        return false
      case BASIC.int:
      case BASIC.uint:
      case BASIC.float:
        return 0
      case BASIC.bytes:
        return new Uint8Array(0)
      case BASIC.string:
        return ''
      case BASIC.complex:
        return { re: 0, im: 0 }
      case BASIC.interface:
        return null
    }
    const declared = this.#types.of(type)
    switch (declared.kind) {
      case 'struct':
        return null
      case 'slice':
        return []
      case 'map':
        return new Map()
      case 'opaque':
        return zeroOfOpaque(declared.name)
      case 'array': {
        const list: unknown[] = []
        while (list.length < declared.length) list.push(this.#zero(declared.elem, depth + 1))
        return list
      }
    }
  }

  #spend(depth: number): void {
    if (depth > MAX_DEPTH) throw damaged(`values are nested more than ${MAX_DEPTH} levels deep`)
    if (--this.#left < 0) throw damaged('it holds more values than a stream of its size should')
  }
}

function toBoolean(value: number | bigint): boolean {
  if (value !== 0 && value !== 1) throw damaged('a bool is neither 0 nor 1')
  return value === 1
}
