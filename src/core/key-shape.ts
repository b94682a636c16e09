/**
 * What a schema says about object positions, free of any schema library: which key names are known where. The shape of a
 * recursive schema is cyclic, and a position that may hold an object or an array has both members.
 */
export interface KeyShape {
  /** A known object: its key names, each with the shape of its value if that is or holds a known object. */
  readonly keys?: Readonly<Record<string, KeyShape | undefined>>
  /** The elements of an array. */
  readonly items?: KeyShape
}
