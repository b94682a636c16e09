import type { TypeLookup } from '../type-lookup.js'
import type { Position } from './positions.js'

/** Writes a value inside a carrier, one level deeper than `depth`; false when it cannot be carried. */
export type WriteChild = (value: unknown, depth: number) => boolean

/** Writes an instance of a built-in class. False when this one cannot be carried, with `refuse` and `inside`, or a throw. */
export type Carrier = (value: never, depth: number, write: WriteChild) => boolean

/** What sets one binary codec apart from another. */
export interface BinaryRules {
  /** By prototype, the built-in classes that need no registration. */
  readonly carriers: ReadonlyMap<object, Carrier>
  /** Whether the reader takes the tags of those classes. */
  readonly builtIns: boolean
  readonly types: TypeLookup | undefined
  /** Where in the schema the value as a whole is. Undefined for a codec that writes all key names as text. */
  readonly position: Position | undefined
}
