/**
 * A schema as data: what zod's definition of it says, in JSON. Made to be committed and read in a diff, so each fact has a name and
 * stands in one order.
 */
export interface SchemaNode {
  /** zod's name for the kind: `string`, `object`, `union`. `ref` stands for a schema around this one (`to` is its path). */
  readonly type: string
  /** An object's keys. */
  readonly keys?: Readonly<Record<string, SchemaNode>>
  /** What an object makes of a key that is not there: nothing, or a default. A key that is not listed must be there. */
  readonly absent?: Readonly<Record<string, 'absent' | 'filled'>>
  /** What an object does with keys it does not know. */
  readonly unknownKeys?: 'strip' | 'strict' | 'loose' | SchemaNode
  readonly checks?: readonly CheckNode[]
  readonly element?: SchemaNode
  readonly innerType?: SchemaNode
  readonly options?: readonly SchemaNode[]
  readonly left?: SchemaNode
  readonly right?: SchemaNode
  readonly items?: readonly SchemaNode[]
  readonly rest?: SchemaNode
  readonly keyType?: SchemaNode
  readonly valueType?: SchemaNode
  readonly in?: SchemaNode
  readonly out?: SchemaNode
  readonly transform?: CodeNode
  readonly reverseTransform?: CodeNode
  readonly values?: readonly ValueNode[]
  readonly to?: string
  /** The class of a z.instanceof. */
  readonly class?: string
  readonly default?: ValueNode
  readonly [more: string]: unknown
}

/** A check of a schema, as zod defines it. */
export interface CheckNode {
  readonly check: string
  readonly [more: string]: unknown
}

/** Code that only runs: a short hash of its text, and of the constants around it that it uses. */
export interface CodeNode {
  readonly code: string
}

/** A value that JSON has not got is told by its kind: `{ "bigint": "5" }`, `{ "date": "..." }`, `{ "varies": true }`. */
export type ValueNode = null | boolean | number | string | Readonly<Record<string, unknown>> | readonly unknown[]

/** One session definition as data. */
export interface DefinitionSnapshot {
  /** Names of the codecs; the first writes, all read. */
  readonly codecs: readonly string[]
  /** The version of the schema, and the oldest one that the migrations start from. */
  readonly version: number
  readonly oldest: number
  readonly keys: Readonly<Record<string, SchemaNode>>
  /** What an absent key reads as. */
  readonly defaults?: Readonly<Record<string, ValueNode>>
  /** Rules across the keys. */
  readonly rules?: readonly CheckNode[]
  readonly flash?: Readonly<Record<string, SchemaNode>>
  /** The 16-bit hash under which `cbor()` stores each key name that occurs anywhere in the schema. */
  readonly hashes: Readonly<Record<string, string>>
  /** Options that decide whether a record or a cookie of before is read. */
  readonly options: Readonly<Record<string, ValueNode>>
  /** The schemas that the migrations start from, by version. */
  readonly versions?: Readonly<Record<string, Readonly<Record<string, SchemaNode>>>>
}

/** The file that an app commits. */
export interface SnapshotFile {
  readonly zession: 1
  readonly definitions: Readonly<Record<string, DefinitionSnapshot>>
}
