import { damaged } from './gob/damage.js'
import { GobDecoder } from './gob/decoder.js'
import { type GobTypes, gobTypes } from './gob/types.js'

export { timeOf as gobTime } from './gob/time.js'
export { type GobRead, type GobTypes, gobTypes } from './gob/types.js'

/** How a gob stream is read. */
export interface GobOptions {
  /** The named types that the stream may hold, besides Go's own and `time.Time`. @default gobTypes() */
  readonly types?: GobTypes
}

/**
 * Reads the one value of a gob stream, as Go's `gob.NewDecoder(r).Decode(&v)` does, without its type.
 *
 * | Go | here |
 * | --- | --- |
 * | integers | number, or bigint beyond 2^53 |
 * | floats, bool, string | number, boolean, string |
 * | []byte | Uint8Array |
 * | complex | `{ re, im }` |
 * | slices, arrays | array |
 * | maps | Map |
 * | structs | object, all fields; a nil pointer to a struct is null |
 * | interfaces | the value in it, or null |
 * | time.Time | Date, to the millisecond |
 * | types that write themselves | what `types` makes of their bytes; one that Go sends without its name is a Uint8Array (`gobTime` reads that of a `time.Time`): a pointer to it, and each one where the process met its type first as an element of an array or a map |
 *
 * What Go does not send is filled in: a field that is zero, nil or empty is `0`, `''`, `false`, `[]`, an empty Map, or null.
 * @throws UnreadableRecordError `ERR_SESSION_UNREADABLE` for anything that is not one value of a gob stream
 * @throws MisdeployError `ERR_SESSION_MISDEPLOY` for a named type that is not in `types`
 * @see https://pkg.go.dev/encoding/gob
 */
export function decodeGob(bytes: Uint8Array, options: GobOptions = {}): unknown {
  const values = decodeGobStream(bytes, options)
  if (values.length !== 1) throw damaged(`it holds ${values.length} values where one was expected`)
  return values[0]
}

/** Reads all values of a gob stream, in order, as `decodeGob` reads one. @throws as `decodeGob` */
export function decodeGobStream(bytes: Uint8Array, { types = gobTypes() }: GobOptions = {}): unknown[] {
  const decoder = new GobDecoder(bytes, types)
  const values: unknown[] = []
  for (let next = decoder.next(); next.length > 0; next = decoder.next()) values.push(next[0])
  return values
}
