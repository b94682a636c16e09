import type { SchemaNode } from '../snapshot/node.js'

/** What strict JSON refuses. */
const NOT_IN_JSON: Readonly<Record<string, string>> = {
  date: 'a Date',
  bigint: 'a BigInt',
  map: 'a Map',
  set: 'a Set',
  nan: 'NaN',
}

/** The values that a codec refuses to write, with their paths, as far as the schema says which there are. */
export function writerCannotCarry(
  codec: string,
  keys: Readonly<Record<string, SchemaNode>>,
): [path: string, kind: string][] {
  if (codec !== 'json') return []
  return Object.entries(keys).flatMap(([key, node]) => [...kindsIn(node, key)])
}

function* kindsIn(node: unknown, path: string): Generator<[string, string]> {
  if (typeof node !== 'object' || node === null) return
  const { type, in: input, out: _, ...parts } = node as SchemaNode
  const kind = typeof type === 'string' ? NOT_IN_JSON[type] : undefined
  if (kind) yield [path, kind]
  // Of a codec its input side is stored.
  if (input) yield* kindsIn(input, path)
  for (const [name, part] of Object.entries(parts))
    if (!['checks', 'default', 'values'].includes(name)) yield* kindsIn(part, path)
}
