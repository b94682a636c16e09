/**
 * Writes what gorilla/sessions has in a session, a `map[interface{}]interface{}` with texts for keys, of the values that JSON knows.
 * Whole numbers are `int`, others `float64`. Lists of one kind are `[]string`, `[]int`, `[]float64` or `[]bool`, and an empty one is
 * `[]string`: gob knows these. Other lists are `[]interface {}` and objects `map[string]interface {}`, which the old app has to
 * register.
 * @see https://pkg.go.dev/encoding/gob#hdr-Encoding_Details
 */
export function encodeGobSession(values: Readonly<Record<string, unknown>>): Uint8Array {
  const types = new Types()
  const entries = Object.entries(values).flatMap(([key, value]) => [inInterface(key, types), inInterface(value, types)])
  const map = [...uint(entries.length / 2), ...entries.flat()]
  const session = message([...int(SESSION), 0, ...map])
  return Uint8Array.from([...mapType(SESSION, INTERFACE, INTERFACE), ...types.declared, ...session])
}

const [BOOL, INT, FLOAT, STRING, INTERFACE] = [1, 2, 4, 6, 8]
/** The first number that a type of the stream's own may have. */
const SESSION = 65

/** A type by the name that it has in an interface. */
interface Named {
  readonly name: string
  readonly id: number
  /** Its value, as it stands in another one. */
  readonly bytes: readonly number[]
}

function inInterface(value: unknown, types: Types): number[] {
  if (value === null) return [0]
  const { name, id, bytes } = named(value, types)
  return [...text(name), ...int(id), ...uint(bytes.length + 1), 0, ...bytes]
}

function named(value: unknown, types: Types): Named {
  if (typeof value === 'boolean') return { name: 'bool', id: BOOL, bytes: [value ? 1 : 0] }
  if (typeof value === 'string') return { name: 'string', id: STRING, bytes: text(value) }
  if (typeof value === 'number') {
    const isInt = Number.isSafeInteger(value)
    return isInt ? { name: 'int', id: INT, bytes: int(value) } : { name: 'float64', id: FLOAT, bytes: float(value) }
  }
  if (Array.isArray(value)) return list(value, types)
  const entries = Object.entries(value as object)
  const bytes = entries.flatMap(([key, item]) => [...text(key), ...inInterface(item, types)])
  return { name: 'map[string]interface {}', id: types.map, bytes: [...uint(entries.length), ...bytes] }
}

function list(items: readonly unknown[], types: Types): Named {
  const of = (name: string, elem: number, write: (item: never) => readonly number[]): Named => ({
    name: `[]${name}`,
    id: types.slice(elem),
    bytes: [...uint(items.length), ...items.flatMap((item) => write(item as never))],
  })
  if (items.every((item) => typeof item === 'string')) return of('string', STRING, text)
  if (items.every(Number.isSafeInteger)) return of('int', INT, int)
  if (items.every((item) => typeof item === 'number')) return of('float64', FLOAT, float)
  if (items.every((item) => typeof item === 'boolean')) return of('bool', BOOL, (item) => [item ? 1 : 0])
  return of('interface {}', INTERFACE, (item) => inInterface(item, types))
}

/** The types that a stream declares before its value: those that it uses. */
class Types {
  readonly declared: number[] = []
  readonly #ids = new Map<string, number>()

  get map(): number {
    return this.#id('map', (id) => mapType(id, STRING, INTERFACE))
  }

  slice(elem: number): number {
    return this.#id(`slice ${elem}`, (id) => message([...int(-id), 2, 1, 2, ...int(id), 0, 1, ...int(elem), 0, 0]))
  }

  #id(what: string, declare: (id: number) => readonly number[]): number {
    const known = this.#ids.get(what)
    if (known !== undefined) return known
    const id = SESSION + 1 + this.#ids.size
    this.#ids.set(what, id)
    this.declared.push(...declare(id))
    return id
  }
}

function mapType(id: number, key: number, elem: number): number[] {
  return message([...int(-id), 4, 1, 2, ...int(id), 0, 1, ...int(key), 1, ...int(elem), 0, 0])
}

const message = (content: readonly number[]): number[] => [...uint(content.length), ...content]

function uint(value: number | bigint): number[] {
  if (value < 128) return [Number(value)]
  const hex = value.toString(16)
  const digits = [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')]
  return [256 - digits.length, ...digits]
}

function int(value: number): number[] {
  const whole = BigInt(value)
  return uint(whole < 0n ? (~whole << 1n) | 1n : whole << 1n)
}

/** Its bytes in reverse order, as an integer, so that round numbers are short. */
function float(value: number): number[] {
  scratch.setFloat64(0, value)
  return uint(scratch.getBigUint64(0, true))
}

const scratch = new DataView(new ArrayBuffer(8))

function text(value: string): number[] {
  const bytes = Buffer.from(value)
  return [...uint(bytes.length), ...bytes]
}
