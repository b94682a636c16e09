import { MisdeployError, SessionConfigError } from '../../core/errors.js'
import { timeOf, ZERO_TIME } from './time.js'

/**
 * Makes a value of what a stream holds: the fields of a struct as an object, the value of any other type, or the bytes of a
 * type that writes itself (GobEncoder, BinaryMarshaler, TextMarshaler).
 */
export type GobRead = (value: unknown) => unknown

/** The named Go types of an app, and what becomes of their values. Not global. */
export interface GobTypes {
  /**
   * Adds a type, and returns the same list.
   * @param name inside an interface the name that `gob.Register` uses, with the import path (`main.User`; a pointer to it is the
   * same). Elsewhere gob sends the bare name (`User`), and needs it only for types that write themselves
   * @param read what becomes of a value; without it the value is taken as it is
   * @throws SessionConfigError when the name is taken or empty
   */
  register(name: string, read?: GobRead): GobTypes
  /** What becomes of the values of a type, if it is known. */
  named(name: string): GobRead | undefined
}

/**
 * Makes a list of Go types that knows `time.Time`. Give it to `decodeGob` as `types`.
 *
 * ```ts
 * const types = gobTypes()
 *   .register('main.User', (user) => new User(user as { Name: string }))
 *   .register('github.com/shopspring/decimal.Decimal', (bytes) => readDecimal(bytes as Uint8Array))
 * ```
 */
export function gobTypes(): GobTypes {
  const byName = new Map<string, GobRead>([
    ['time.Time', timeOf],
    ['Time', timeOf],
  ])
  const types: GobTypes = {
    register(name, read = asItIs) {
      if (typeof name !== 'string' || name === '')
        throw new SessionConfigError(`types.register: the name of a Go type is a text, such as 'main.User'.`)
      if (byName.has(name)) throw new SessionConfigError(`types.register: the name ${JSON.stringify(name)} is taken.`)
      byName.set(name, read)
      return types
    },
    named: (name) => byName.get(name),
  }
  return types
}

const asItIs: GobRead = (value) => value

/** What a value of an omitted field is, when its type writes itself. */
export function zeroOfOpaque(name: string): unknown {
  return name === 'Time' ? new Date(ZERO_TIME) : null
}

/** The reader of a value in an interface. A type without a name says all about itself, and so do Go's own. */
export function readerInInterface(types: GobTypes, name: string): GobRead | undefined {
  const read = types.named(name) ?? types.named(name.replace(/^\*/, ''))
  if (read || GOS_OWN.has(name) || /^\*?(\[|map\[)/.test(name)) return read
  throw unregistered(name)
}

/** The reader of a type that writes itself, outside an interface. A pointer to one has no name at all: its bytes are all there is. */
export function readerOfOpaque(types: GobTypes, name: string): GobRead {
  const read = name === '' ? asItIs : types.named(name)
  if (!read) throw unregistered(name)
  return read
}

/** Never damage: the stream is fine, this app lacks a registration. */
function unregistered(name: string): MisdeployError {
  const shown = JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}...` : name)
  return new MisdeployError(
    `A gob stream holds a value of the Go type ${shown}, which is not registered here. Add it: gobTypes().register(${shown}, (value) => ...).`,
  )
}

const NUMBERS = ['int', 'uint'].flatMap((kind) => [kind, ...[8, 16, 32, 64].map((bits) => `${kind}${bits}`)])
const GOS_OWN = new Set([...NUMBERS, 'float32', 'float64', 'complex64', 'complex128', 'uintptr', 'bool', 'string'])
