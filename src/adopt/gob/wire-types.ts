import { damaged } from './damage.js'

/** The types that every stream knows, by their ids. */
export const BASIC = { bool: 1, int: 2, uint: 3, float: 4, bytes: 5, string: 6, complex: 7, interface: 8 } as const

const FIRST_DECLARED = 64

/** What a stream says of a type. `name` is Go's bare name, without the package, and empty for a type that has none. */
export type WireType =
  | { readonly kind: 'array'; readonly name: string; readonly elem: number; readonly length: number }
  | { readonly kind: 'slice'; readonly name: string; readonly elem: number }
  | { readonly kind: 'map'; readonly name: string; readonly key: number; readonly elem: number }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly Field[] }
  | Opaque

/** A type that writes itself: GobEncoder, BinaryMarshaler or TextMarshaler. The stream says its name alone. */
export interface Opaque {
  readonly kind: 'opaque'
  readonly name: string
}

interface Field {
  readonly name: string
  readonly type: number
}

/** The types of one stream. */
export class WireTypes {
  readonly #declared = new Map<number, WireType>()

  /** The type of an id that is none of the basic ones. @throws UnreadableRecordError when the stream has not declared it */
  of(id: number): WireType {
    const type = declarations.get(id) ?? this.#declared.get(id)
    if (!type) throw damaged('it uses a type that it has not declared')
    return type
  }

  /** @param plain the declaration as read by the type `DECLARATION` */
  declare(id: number, plain: Record<string, unknown>): void {
    if (id < FIRST_DECLARED || this.#declared.has(id)) throw damaged('it declares a type twice')
    this.#declared.set(id, toWireType(plain))
  }
}

/** The declaration of a type is a value like any other, of these types: Go's wireType and what it consists of. */
export const DECLARATION = 16
const [ARRAY, COMMON, SLICE, STRUCT, FIELD, FIELDS, MAP, OPAQUE] = [17, 18, 19, 20, 21, 22, 23, 24]

const struct = (...fields: readonly (readonly [name: string, type: number])[]): WireType => ({
  kind: 'struct',
  name: '',
  fields: fields.map(([name, type]) => ({ name, type })),
})

const declarations: ReadonlyMap<number, WireType> = new Map([
  [
    DECLARATION,
    struct(
      ['array', ARRAY],
      ['slice', SLICE],
      ['struct', STRUCT],
      ['map', MAP],
      ['gob', OPAQUE],
      ['binary', OPAQUE],
      ['text', OPAQUE],
    ),
  ],
  [COMMON, struct(['name', BASIC.string], ['id', BASIC.int])],
  [ARRAY, struct(['common', COMMON], ['elem', BASIC.int], ['length', BASIC.int])],
  [SLICE, struct(['common', COMMON], ['elem', BASIC.int])],
  [STRUCT, struct(['common', COMMON], ['fields', FIELDS])],
  [FIELD, struct(['name', BASIC.string], ['type', BASIC.int])],
  [FIELDS, { kind: 'slice', name: '', elem: FIELD }],
  [MAP, struct(['common', COMMON], ['key', BASIC.int], ['elem', BASIC.int])],
  [OPAQUE, struct(['common', COMMON])],
])

/** A declaration with exactly one kind. The shapes are those of the types above; what is left out is zero, or null for a struct. */
function toWireType(plain: Record<string, unknown>): WireType {
  const [[kind, of] = [], ...others] = Object.entries(plain).filter(([, part]) => part !== null)
  if (kind === undefined || others.length > 0) throw damaged('it declares a type of no kind, or of several')
  const { common, fields, ...rest } = of as {
    readonly common: { readonly name: string } | null
    readonly fields?: readonly Field[]
    readonly elem?: number
    readonly key?: number
    readonly length?: number
  }
  const name = common?.name ?? ''
  if (kind === 'array' || kind === 'slice' || kind === 'map') return { kind, name, ...rest } as WireType
  if (kind === 'struct') return { kind, name, fields: fields ?? [] }
  return { kind: 'opaque', name }
}
